"""Asks with gql, whose DSL is made of the schema, and prints what it read."""

import json
import os
from pathlib import Path

from gql import Client
from gql.dsl import DSLQuery, DSLSchema, dsl_gql
from gql.transport.httpx import HTTPXTransport

sdl = Path(__file__).parents[4].joinpath("schema/kraamzicht.graphql").read_text(encoding="utf-8")
transport = HTTPXTransport(
    url=os.environ["CLIENT_URL"], headers={"Authorization": f"Bearer {os.environ['CLIENT_TOKEN']}"}
)
# It validates by the schema before it sends, and reads enums and scalars of the answer by it.
client = Client(schema=sdl, transport=transport, parse_results=True, serialize_variables=True)
ds = DSLSchema(client.schema)

organisation = ds.RiskScore.organisation.select(ds.Organisation.agbCode, ds.Organisation.name)
contributions = ds.RiskScore.contributions.select(ds.Contribution.indicator.select(ds.Indicator.code))
rows = ds.RiskScoreConnection.nodes.select(ds.RiskScore.level, ds.RiskScore.score, organisation, contributions)
asked = ds.Query.riskScores(period=os.environ["CLIENT_PERIOD"], first=5, orderBy="AGB_CODE")
document = dsl_gql(
    DSLQuery(ds.Query.viewer.select(ds.Viewer.role), asked.select(ds.RiskScoreConnection.totalCount, rows))
)
answer = client.execute(document)

print(
    json.dumps(
        {
            "role": answer["viewer"]["role"],
            "totalCount": answer["riskScores"]["totalCount"],
            "rows": [
                {
                    "agbCode": row["organisation"]["agbCode"],
                    "name": row["organisation"]["name"],
                    "level": row["level"],
                    "score": row["score"],
                    "indicators": [one["indicator"]["code"] for one in row["contributions"]],
                }
                for row in answer["riskScores"]["nodes"]
            ],
        }
    )
)
