#!/usr/bin/env bash
# Builds the vendored style of the desk's pages from the lock file beside it.
# Needs npm. What comes out is committed: nobody who installs, runs or tests A35 needs this.
# LICENSE.txt is not in the npm package: it is upstream's own file and only hashed here.
set -euo pipefail
cd "$(dirname "$0")"
target=../../gateway/officer/pages/static/vendor/govuk
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp package.json package-lock.json desk.scss "$work"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --silent)
tools="$work/node_modules/.bin"
package="$work/node_modules/govuk-frontend"

"$tools/sass" --load-path "$work/node_modules" --no-source-map --style compressed --quiet-deps \
  "$work/desk.scss" "$work/ltr.css"
"$tools/rtlcss" --silent "$work/ltr.css" "$work/rtl.css"
# Its last line names a map that is not shipped: browsers would ask for it.
sed 's|//# sourceMappingURL=.*$||' "$package/dist/govuk/govuk-frontend.min.js" \
  > "$work/govuk-frontend.min.js"

mkdir -p "$target"
cp "$work/ltr.css" "$work/rtl.css" "$work/govuk-frontend.min.js" "$target"
field() { node -p "require('$work/package-lock.json').packages['node_modules/$1'].$2"; }
hash_of() { sha256sum "$target/$1" | cut -d ' ' -f 1; }
{
  echo "# Written by .ci/vendor/build.sh; tests/gateway/officer/pages/test_look.py compares."
  echo "name = \"govuk-frontend\""
  echo "version = \"$(field govuk-frontend version)\""
  echo "integrity = \"$(field govuk-frontend integrity)\""
  echo "license = \"MIT\""
  echo "license_from = \"LICENSE.txt of tag v6.3.0 of alphagov/govuk-frontend: the package has none\""
  echo
  echo "[tools]"
  echo "sass = \"$(field sass version)\""
  echo "rtlcss = \"$(field rtlcss version)\""
  echo
  echo "[sha256]"
  for name in LICENSE.txt govuk-frontend.min.js ltr.css rtl.css; do
    echo "\"$name\" = \"$(hash_of "$name")\""
  done
} > "$work/VENDOR.toml"
cp "$work/VENDOR.toml" "$target"
