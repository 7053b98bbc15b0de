/** Where the page is served, and the key that its mock wants. */
export const PAGE = `http://127.0.0.1:${process.env.WEB_PORT ?? 5173}`;
export const TOKEN = "key-1";
/** What starts the mock, where it is to be another one than that which is found. */
export const COMMAND = process.env.MOCK_COMMAND ? [process.env.MOCK_COMMAND] : undefined;
