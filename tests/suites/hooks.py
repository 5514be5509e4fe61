"""What schemathesis is told of our scalars, so that it makes values of them; and which it cannot make."""

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

texts = {
    "AgbCode": st.from_regex(r"3399[0-9]{4}", fullmatch=True),
    "Date": st.dates().map(str),
    "DateTime": st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='seconds')}Z"),
    "Period": st.from_regex(r"20(19|2[0-6])(-Q[1-4])?", fullmatch=True),
    "UUID": st.uuids().map(str),
}
for name, values in texts.items():
    schemathesis.graphql.scalar(name, values.map(nodes.String))
# A file comes as a part of a form, never as a value.
schemathesis.graphql.scalar("Upload", st.just(nodes.Null))

# A document of a generator may be larger than the guard allows.
LIMITS = {"DOCUMENT_TOO_LARGE", "QUERY_TOO_DEEP", "QUERY_TOO_COSTLY"}
# What an operation that was begun may come to.
ORDINARY = {"BAD_USER_INPUT", "FORBIDDEN", "IDEMPOTENCY_CONFLICT"}
# What is wrong with a document that was made to be wrong.
WRONG = {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}
# The generator does not know @oneOf.
ONE_OF = "exactly one field of"


@schemathesis.check
def keeps_to_the_contract(ctx, response, case):
    """What is right is begun, what is wrong is not; every error has a code that is known, and none is a fault of ours."""
    if case.operation.label.split(".")[0] not in ("Query", "Mutation"):
        return
    body = response.json()
    errors = body.get("errors", [])
    codes = {error["extensions"]["code"] for error in errors}
    if case.meta.generation.mode.is_negative:
        assert "data" not in body and codes and codes <= WRONG | LIMITS, f"made to be wrong: {body}"
        assert response.status_code in (200, 400), response.status_code
    elif "data" in body:
        assert response.status_code == 200 and codes <= ORDINARY, body
        assert all(error["path"] for error in errors), body
    else:
        is_unknown = all(error["message"].startswith(ONE_OF) for error in errors)
        assert codes and (codes <= LIMITS or is_unknown), f"made to be right: {body}"
