"""A report as lines for people.

Leaves to its callers to make them harmless: an act's word is its node's own text.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.evidence.moment import moment_or_none
from gateway.evidence.report import Finding, Report
from gateway.evidence.wording import proven, unproven


def report_lines(report: Report) -> Iterator[str]:
    """Yield a report, without the content.

    Args:
        report: Of one bundle.
    """
    for name, value in (report.message or {}).items():
        yield f"{name:<10} {value}"
    yield from _of_fork(report.fork)
    for each in report.findings:
        yield ""
        yield from _of(each)
    yield ""
    for remark in report.remarks:
        yield f"remark     {remark}"
    for fault in report.faults:
        yield f"FAULT      {fault.file or 'the bundle'}: {fault.what}"
    if report.is_valid:
        yield "VALID      every file is what the logs and the directory say it is"
    else:
        yield f"NOT VALID  faults: {len(report.faults)}; nothing above counts as evidence"


def _of_fork(fork: Mapping[str, Any] | None) -> Iterator[str]:
    if fork is None:
        return
    yield f"log        {fork['log']}"
    yield f"kept by    {fork['holder']}, the second head shown by {fork['shown_by']}"
    for head in fork["heads"]:
        yield f"head       size {head['size']}, root {head['root']}, signed {head['signed']}"
    for sentence in fork["proven"]:
        yield f"proven     {sentence}"
    for sentence in fork["not_proven"]:
        yield f"not proven {sentence}"


def _of(finding: Finding) -> Iterator[str]:
    assessment, place = finding.assessment, finding.place
    verdict = "no verdict" if assessment.verdict is None else assessment.verdict.value
    at = moment_or_none(finding.said.at_ms) or "no time stated"
    yield f"{finding.said.what}, {finding.by}, {at}: {verdict.upper()}"
    yield f"  log        {finding.origin} #{finding.index}"
    for sentence in proven(finding.said, assessment, place):
        yield f"  proven     {sentence}"
    for sentence in unproven(finding.said, assessment, place):
        yield f"  not proven {sentence}"
