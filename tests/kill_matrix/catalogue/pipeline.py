"""Mutants of the finish pipeline, as call results show it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

from mock_server.domain.pipeline import Pipeline
from mock_server.domain.records import CallResultQuery
from mock_server.domain.render import Renderer
from mock_server.store.sqlite.results import SqliteResults

from ..mutants import mutant
from ..patch import Answer, Patch


def searched(patch: Patch, change: Any) -> None:
    """Search for what a changed query asks for: `change(query)`."""

    @patch.around(SqliteResults, "search")
    async def search(real: Any, results: SqliteResults, query: CallResultQuery) -> Any:
        return await real(results, change(query))


def result_changed(patch: Patch, change: Any) -> None:
    """Keep a changed call result: `change(row)`, in place."""

    @patch.around(Pipeline, "call_result")
    def call_result(real: Any, pipeline: Pipeline, *given: Any) -> Any:
        row = real(pipeline, *given)
        change(row)
        return row


@mutant("FIN-01", "a finished session leaves no call result", waits=True)
def no_call_result(patch: Patch) -> None:
    searched(patch, lambda query: replace(query, visible_at=0))


@mutant("FIN-01", "a call result names another agent")
def call_result_of_another_agent(patch: Patch) -> None:
    def change(row: Any) -> None:
        row["agentId"] = f"{row['agentId']}-2"

    result_changed(patch, change)


@mutant("FIN-02", "every end leaves a call result")
def call_result_for_every_end(patch: Patch) -> None:
    ends: Counter[str] = Counter()

    @patch.answer("endChat", "searchCallResults")
    def double(answer: Answer) -> None:
        if answer.operation == "endChat":
            ends[answer.request["path"].split("/")[4]] += answer.ok
        elif answer.ok:
            rows = answer.json["results"]
            answer.json["results"] = [row for r in rows for row in [r] * max(1, ends[r["callId"]])]


@mutant("FIN-02", "a call result is indexed twice, after a moment")
def call_result_comes_twice(patch: Patch) -> None:
    searches: Counter[str] = Counter()

    @patch.answer("searchCallResults")
    def double(answer: Answer) -> None:
        for row in list(answer.json["results"]) if answer.ok else ():
            searches[row["callId"]] += 1
            if searches[row["callId"]] > 3:
                answer.json["results"].append(row)


@mutant("FIN-03", "totalPages is a text")
def total_pages_as_text(patch: Patch) -> None:
    @patch.around(Renderer, "call_results")
    def call_results(real: Any, renderer: Renderer, *given: Any) -> Any:
        page = real(renderer, *given)
        return {**page, "totalPages": str(page["totalPages"])}


@mutant("FIN-03", "a page of call results has no totalCount")
def no_total_count(patch: Patch) -> None:
    @patch.answer("searchCallResults")
    def without(answer: Answer) -> None:
        if answer.ok:
            del answer.json["totalCount"]


@mutant("FIN-04", "a call result carries what the agent said alone")
def call_result_without_the_user(patch: Patch) -> None:
    @patch.around(Pipeline, "transcription")
    def transcription(real: Any, pipeline: Pipeline, messages: Any) -> Any:
        return [line for line in real(pipeline, messages) if line["speaker"] != "user"]


@mutant("FIN-04", "the speakers of a call result are exchanged")
def call_result_exchanges_speakers(patch: Patch) -> None:
    others = {"user": "assistant", "assistant": "user"}

    @patch.around(Pipeline, "transcription")
    def transcription(real: Any, pipeline: Pipeline, messages: Any) -> Any:
        lines = real(pipeline, messages)
        return [{**line, "speaker": others[line["speaker"]]} for line in lines]


@mutant("FIN-05", "the filter by agentIds is ignored")
def agent_ids_are_ignored(patch: Patch) -> None:
    searched(patch, lambda query: replace(query, agent_ids=None))


@mutant("FIN-06", "an active session has a call result")
def active_session_has_a_call_result(patch: Patch) -> None:
    @patch.around(SqliteResults, "search")
    async def search(real: Any, results: SqliteResults, query: CallResultQuery) -> Any:
        rows, total = await real(results, query)
        marker = query.data.get("callAdditionalData.marker")
        found = await results.tables.rows(
            "SELECT * FROM sessions "
            "WHERE final_reason IS NULL AND json_extract(additional_data, '$.marker') = :marker",
            marker=marker,
        )
        more = [
            {
                "callId": row["id"],
                "agentId": row["agent_id"],
                "callAdditionalData": json.loads(row["additional_data"]),
            }
            for row in found
        ]
        return [*rows, *more], total + len(more)


@mutant("FIN-07", "the pages of call results are counted from 1")
def pages_are_counted_from_1(patch: Patch) -> None:
    @patch.around(SqliteResults, "search")
    async def search(real: Any, results: SqliteResults, query: CallResultQuery) -> Any:
        if query.page == 0 and query.size == 1:
            return [], (await real(results, query))[1]
        return await real(results, replace(query, page=max(0, query.page - 1)))


@mutant("FIN-07", "the size of a page of call results is ignored")
def size_is_ignored(patch: Patch) -> None:
    searched(patch, lambda query: replace(query, size=50))


@mutant("FIN-07", "totalPages counts one page too many")
def one_page_too_many(patch: Patch) -> None:
    @patch.around(Renderer, "call_results")
    def call_results(real: Any, renderer: Renderer, *given: Any) -> Any:
        page = real(renderer, *given)
        return {**page, "totalPages": page["totalPages"] + 1}


@mutant("FIN-07", "totalPages counts rows, whatever their number on a page")
def total_pages_count_rows(patch: Patch) -> None:
    @patch.around(Renderer, "call_results")
    def call_results(real: Any, renderer: Renderer, *given: Any) -> Any:
        page = real(renderer, *given)
        return {**page, "totalPages": page["totalCount"]}
