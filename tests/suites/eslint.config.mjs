// How the schema and documents are linted; schema.test.mjs runs it.
import { fileURLToPath } from 'node:url';
import graphqlPlugin from '@graphql-eslint/eslint-plugin';

const schema = fileURLToPath(new URL('../../schema/kraamzicht.graphql', import.meta.url));
// Where schema.test.mjs puts every document that a reader may copy.
const documents = fileURLToPath(new URL('../../target/suites/documents/*.graphql', import.meta.url));
const { configs } = graphqlPlugin;

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: { parser: graphqlPlugin.parser, parserOptions: { graphQLConfig: { schema, documents } } },
    plugins: { '@graphql-eslint': graphqlPlugin },
  },
  {
    files: ['schema/*.graphql'],
    rules: {
      ...configs['flat/schema-recommended'].rules,
      ...configs['flat/schema-relay'].rules,
      // A value (a score, a signal) has no life of its own and no id; what has one implements Node, which asks for it.
      '@graphql-eslint/strict-id-in-types': 'off',
      // Pages go forward only.
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
      // Values have pages too, and what is short is a list.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],
      '@graphql-eslint/input-name': ['error', { checkInputType: true, caseSensitiveInputType: false }],
      '@graphql-eslint/no-scalar-result-type-on-mutation': 'error',
      '@graphql-eslint/require-type-pattern-with-oneof': 'error',
      '@graphql-eslint/require-nullable-fields-with-oneof': 'error',
      '@graphql-eslint/require-deprecation-date': 'error',
    },
  },
  {
    files: ['target/suites/documents/*.graphql'],
    rules: {
      ...configs['flat/operations-recommended'].rules,
      // For clients that keep a cache by id. An example asks what it shows.
      '@graphql-eslint/require-selections': 'off',
    },
  },
];
