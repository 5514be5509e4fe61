// graphql-codegen: types and documents of TypeScript from the schema, below target/.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

export default {
  schema: path('../../../../schema/kraamzicht.graphql'),
  documents: path('../scores.graphql'),
  generates: {
    [join(process.env.CLIENT_FOLDER, 'gql/')]: {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        strictScalars: true,
        useTypeImports: true,
        enumsAsTypes: true,
        scalars: { AgbCode: 'string', Date: 'string', DateTime: 'string', Period: 'string', UUID: 'string', Upload: 'File' },
      },
    },
  },
};
