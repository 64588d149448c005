"""What of a running node has to do with people outside the network: time stamps, and alerts.

Source: docs/evidence.md, "Stamps" and "The ladder".
"""

from contextlib import AsyncExitStack

from gateway.errors import ConfigError
from gateway.home import Home
from gateway.journal import get_journal
from gateway.operator.start import RunOptions
from gateway.outfit import Ports
from gateway.runtime import Runtime
from gateway.sections import TimestampSection
from gateway.service.stamps import Stamping
from gateway.timestamp.authority import Authority, read_certificates, split_certificates


def read_authority(home: Home, section: TimestampSection) -> Authority:
    """Read what is trusted of one authority.

    Args:
        home: Relative paths begin here.
        section: Of the settings.

    Raises:
        ConfigError: Its certificates cannot be read, or are none.
    """
    try:
        pem = home.path_of(section.certificates).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the certificates of the authority {section.name} cannot be read",
            hint="put its root, in PEM, into the file that certificates of [[timestamp]] names",
        ) from error
    roots, between = split_certificates(read_certificates(pem))
    return Authority(
        name=section.name,
        url=section.url,
        roots=roots,
        intermediates=between,
        policy=section.policy,
    )


async def make_stamping(
    options: RunOptions, ports: Ports, runtime: Runtime, stack: AsyncExitStack
) -> Stamping | None:
    """Return what has our log stamped, None if the settings name no authority.

    Raises:
        ConfigError: The certificates of one cannot be read.
    """
    authorities = [read_authority(options.home, each) for each in options.config.timestamp]
    if not authorities:
        return None
    # Loaded here: 2 MiB for whoever names an authority.
    from gateway.timestamp.asking import ConfiguredAuthorities, HttpPost  # noqa: PLC0415

    post = await stack.enter_async_context(HttpPost())
    stamping = Stamping(
        ConfiguredAuthorities(authorities, post),
        book=ports.store,
        clock=ports.clock,
        journal=get_journal("stamps"),
        metrics=ports.metrics,
    )
    runtime.health.add(stamping.check)
    return stamping
