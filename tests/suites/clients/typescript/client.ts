// Asks by the types that graphql-codegen made, and prints what it read. tsc holds each line to the schema.
import { request } from 'graphql-request';
import { ScoresDocument, type ScoresQuery } from './gql/graphql.js';

const answer: ScoresQuery = await request({
  url: process.env['CLIENT_URL']!,
  document: ScoresDocument,
  variables: { period: process.env['CLIENT_PERIOD']!, first: 5 },
  requestHeaders: { authorization: `Bearer ${process.env['CLIENT_TOKEN']}` },
});

const { viewer, riskScores } = answer;
const rows = riskScores.nodes.map((row) => {
  const score: number | null | undefined = row.score;
  const level: 'ATTENTION' | 'ELEVATED' | 'INSUFFICIENT' | 'NONE' = row.level;
  const indicators: string[] = row.contributions.map((one) => one.indicator.code);
  return { agbCode: row.organisation.agbCode, name: row.organisation.name, level, score: score ?? null, indicators };
});
console.log(JSON.stringify({ role: viewer.role, totalCount: riskScores.totalCount, rows }));
