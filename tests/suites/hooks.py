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
