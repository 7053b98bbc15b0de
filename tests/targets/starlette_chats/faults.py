"""Every fault by its name."""

from .fault import Fault
from .faults_accept import ACCEPT_FAULTS
from .faults_endpoint import ENDPOINT_FAULTS
from .faults_finish import FINISH_FAULTS
from .faults_http import HTTP_FAULTS
from .faults_life import LIFE_FAULTS
from .faults_list import LIST_FAULTS
from .faults_silence import SILENCE_FAULTS
from .faults_turn import TURN_FAULTS

FAULTS: dict[str, Fault] = (
    LIFE_FAULTS
    | ENDPOINT_FAULTS
    | TURN_FAULTS
    | LIST_FAULTS
    | HTTP_FAULTS
    | SILENCE_FAULTS
    | ACCEPT_FAULTS
    | FINISH_FAULTS
)
