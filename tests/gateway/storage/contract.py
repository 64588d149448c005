"""What every implementation of ports.Store does. Subclass `StoreContract` and give it `run`.

The parts stand in modules of their own: sending, receiving, the log, what people read.
"""

from tests.gateway.storage.contract_boxes import BoxesContract
from tests.gateway.storage.contract_cancelling import CancellingContract
from tests.gateway.storage.contract_casework import CaseworkContract
from tests.gateway.storage.contract_conditions import ConditionsContract
from tests.gateway.storage.contract_drafts import DraftContract
from tests.gateway.storage.contract_inbox import InboxContract
from tests.gateway.storage.contract_lanes import LaneContract
from tests.gateway.storage.contract_lateness import LatenessContract
from tests.gateway.storage.contract_log import LogContract
from tests.gateway.storage.contract_numbers import NumbersContract
from tests.gateway.storage.contract_outbox import OutboxContract
from tests.gateway.storage.contract_peers import PeersContract
from tests.gateway.storage.contract_people import PeopleContract
from tests.gateway.storage.contract_pings import PingsContract
from tests.gateway.storage.contract_proof import ProofContract
from tests.gateway.storage.contract_reading import ReadingContract
from tests.gateway.storage.contract_recovery import RecoveryContract
from tests.gateway.storage.contract_retention import RetentionContract
from tests.gateway.storage.contract_revocations import RevocationContract
from tests.gateway.storage.contract_settling import SettlingContract
from tests.gateway.storage.contract_watch import WatchContract
from tests.gateway.storage.contract_witness import WitnessContract


class StoreContract(
    OutboxContract,
    SettlingContract,
    InboxContract,
    LaneContract,
    LogContract,
    PeersContract,
    NumbersContract,
    ReadingContract,
    LatenessContract,
    CancellingContract,
    RecoveryContract,
    RetentionContract,
    ProofContract,
    PingsContract,
    WitnessContract,
    RevocationContract,
    PeopleContract,
    DraftContract,
    CaseworkContract,
    BoxesContract,
    ConditionsContract,
    WatchContract,
):
    """The whole suite."""
