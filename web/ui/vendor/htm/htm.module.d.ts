// What the pages use of htm 3.
declare const htm: {
  bind<R>(h: (type: unknown, props: object | null, ...children: unknown[]) => R): (strings: TemplateStringsArray, ...values: unknown[]) => R;
};
export default htm;
