"""The authority's tool as functions: all that makes a directory, in one place to import from.

A directory comes about like this:

    new_root    offline root and targets keys, the online key, and an empty directory
    delegate    the targets keys give `parties/CC/*` to keys of that Party
    admit       a node's join request, its proofs verified, becomes part of the Party's draft
    publish     the Party's keys sign the draft; the online key signs snapshot and timestamp
    show        what a folder holds, verified as a node would verify it

All take the time as an argument and draw nothing but keys: the same keys, times and inputs give
the same files. The commands are in gateway.operator.authority.

Source: docs/wire-format.md, rules 28 to 31.
"""

from gateway.directory.admission import Admitted, admit
from gateway.directory.founding import NewRoot, delegate, new_root
from gateway.directory.publication import Published, publish
from gateway.directory.signers import KeyFolder
from gateway.directory.summary import RoleSummary, Summary, show

__all__ = (
    "Admitted",
    "KeyFolder",
    "NewRoot",
    "Published",
    "RoleSummary",
    "Summary",
    "admit",
    "delegate",
    "new_root",
    "publish",
    "show",
)
