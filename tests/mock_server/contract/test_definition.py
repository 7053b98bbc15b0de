"""The words of `contract.schema.json`, and what it says of them."""

import json
import re

from mock_server.contract.locations import resource
from tests.serving import usual_files

NAMED = re.compile(r"@([a-z][a-z0-9.-]*[a-z0-9])")


def test_the_schema_tells_what_each_name_stands_for_that_the_contract_has_nowhere():
    schema = json.loads(resource("contract.schema.json").read_text("utf-8"))
    told = {*NAMED.findall(schema.pop("description"))}
    used = {*NAMED.findall(json.dumps(schema))}
    named = usual_files().contract.document["x-resource"]
    own = {name for name in used if name[:2] != "x-" and name.partition(".")[0] not in named}
    assert own - told == set()
    assert told - used == set()
