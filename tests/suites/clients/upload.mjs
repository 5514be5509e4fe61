// Sends a file with apollo-upload-client, as a web page would, and prints what became of it.
import { ApolloClient, InMemoryCache, gql } from '@apollo/client/core';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';

const link = new UploadHttpLink({
  uri: process.env.CLIENT_URL,
  headers: { authorization: `Bearer ${process.env.CLIENT_TOKEN}`, 'apollo-require-preflight': 'true' },
});
const client = new ApolloClient({ link, cache: new InMemoryCache() });
const file = new File([process.env.CLIENT_FILE], 'van-de-pagina.csv', { type: 'text/csv' });
const { data } = await client.mutate({
  mutation: gql`
    mutation Send($file: Upload) {
      createSubmission(input: { file: $file, dataset: "indicatoren" }) {
        submission {
          id
          state
          fileName
        }
        userErrors {
          code
        }
      }
    }
  `,
  variables: { file },
});
console.log(JSON.stringify(data.createSubmission));
