"""Counters: each method moves its own series, and nodes in one process do not share them."""

from gateway.metrics import CONTENT_TYPE, Metrics


def test_every_method_moves_its_own_series() -> None:  # noqa: PLR0915  a flat list of all
    """A counter that moves another one's series would hide what it stands for."""
    m = Metrics()
    m.accepted(3)
    m.settled()
    m.submitted(2)
    m.opened("consigned")
    m.refused("FR/1", "E_BUSY")
    m.refused_by("JP/1", "E_CLOCK")
    m.position_repeats()
    m.lane_failures("FR/1")
    m.attempt_seconds(0.25)
    m.alarms("fork")
    m.frames("in", 100)
    m.frames("in", 50)
    m.turned_away("handshake")
    m.http_refused(404)
    m.misdirected("FR/1")
    m.bugs("peer.server")
    m.connections(2)
    m.connections(-1)
    m.commits(16, 0.002)
    m.commits(1)
    m.leaves(5)
    m.log_size(1234)
    m.disk_free_bytes(4096)
    m.disk_room(2)
    m.waiting("FR/1", (7, 0, 0, 9))
    m.lane_state("FR/1", 2)
    m.directory_age(60.0)
    m.backup_age(3600.0)
    expected = {
        ("a35_accepted_total", ""): 3,
        ("a35_settled_total", ""): 1,
        ("a35_submitted_total", ""): 2,
        ("a35_opened_total", "outcome=consigned"): 1,
        ("a35_refused_total", "peer=FR/1,code=E_BUSY"): 1,
        ("a35_refused_by_total", "peer=JP/1,code=E_CLOCK"): 1,
        ("a35_position_repeats_total", ""): 1,
        ("a35_lane_failures_total", "peer=FR/1"): 1,
        ("a35_attempt_seconds_sum", ""): 0.25,
        ("a35_alarms_total", "kind=fork"): 1,
        ("a35_frames_total", "direction=in"): 2,
        ("a35_frame_bytes_total", "direction=in"): 150,
        ("a35_turned_away_total", "reason=handshake"): 1,
        ("a35_http_refused_total", "status=404"): 1,
        ("a35_misdirected_total", "peer=FR/1"): 1,
        ("a35_bugs_total", "place=peer.server"): 1,
        ("a35_peer_connections", ""): 1,
        ("a35_commits_total", ""): 2,
        ("a35_commit_operations_sum", ""): 17,
        ("a35_commit_seconds_count", ""): 1,
        ("a35_leaves_total", ""): 5,
        ("a35_log_size", ""): 1234,
        ("a35_disk_free_bytes", ""): 4096,
        ("a35_disk_room", ""): 2,
        ("a35_waiting", "peer=FR/1,cls=P0"): 7,
        ("a35_waiting", "peer=FR/1,cls=P3"): 9,
        ("a35_lane_state", "peer=FR/1"): 2,
        ("a35_directory_age_seconds", ""): 60,
        ("a35_backup_age_seconds", ""): 3600,
    }
    found = {
        (name, labels): m.value(name, dict(part.split("=") for part in labels.split(",") if part))
        for name, labels in expected
    }
    assert found == expected


def test_two_nodes_in_one_process_count_apart() -> None:
    """The demo and the simulator run several nodes side by side."""
    first, second = Metrics(), Metrics()
    first.accepted()
    assert second.value("a35_accepted_total") == 0


def test_rendering_is_prometheus_text() -> None:
    """Operators scrape it as it is."""
    m = Metrics()
    m.refused("FR/1", "E_BUSY")
    text = m.render().decode()
    assert 'a35_refused_total{code="E_BUSY",peer="FR/1"} 1.0' in text
    assert "process_resident_memory_bytes" in text
    assert CONTENT_TYPE.startswith("text/plain")
