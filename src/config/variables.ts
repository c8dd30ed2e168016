/**
 * `${NAME}` and `${NAME:-default}` in a value. What a variable holds is put in
 * after the YAML is parsed, so it can never add a key or a list item.
 */
const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

export function expandVariables(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly text: string; readonly problem: string | undefined } {
  let problem: string | undefined;
  const expanded = text.replace(VARIABLE, (_, name: string | undefined, fallback: string | undefined) => {
    if (name === undefined) {
      problem ??= 'a `${` here is no variable; write `${NAME}` or `${NAME:-default}`';
      return '';
    }
    const held = Object.hasOwn(env, name) ? env[name] : undefined;
    // As in a shell: the default also stands in for a variable that is set to nothing.
    if (fallback !== undefined) return held || fallback;
    if (held === undefined) {
      problem ??= `the variable ${name} is not set; set it, or write \`\${${name}:-default}\``;
    }
    return held ?? '';
  });
  return { text: expanded, problem };
}

/** What the text would have been as a plain YAML scalar. */
export function retype(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}
