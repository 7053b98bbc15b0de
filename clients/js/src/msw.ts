import { bypass, type HttpHandler, HttpResponse, http } from "msw";

/** As much of a sandbox as a handler needs; a browser can be given it as JSON. */
export interface Destination {
  url: string;
  headers: Readonly<Record<string, string>>;
}

const API = "*/api/v1/*";

/**
 * A handler that sends the requests that match, whatever their host, to a sandbox.
 *
 * A function is asked for the sandbox at each request: so one handler serves all tests of a file.
 */
export function toSandbox(
  destination: Destination | (() => Destination),
  pattern: string | RegExp = API,
): HttpHandler {
  return http.all(pattern, async ({ request }) => {
    const { url, headers } = typeof destination === "function" ? destination() : destination;
    const { pathname, search } = new URL(request.url);
    const sent = new Request(url + pathname + search, request);
    for (const [name, value] of Object.entries(headers)) sent.headers.set(name, value);
    try {
      return await whole(await fetch(bypass(sent)));
    } catch {
      return HttpResponse.error(); // an answer that the mock let get lost, whole or in part
    }
  });
}

/** The response with its body read, so that one that breaks off is lost like in the network. */
async function whole(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  const headers = new Headers(response.headers);
  headers.delete("Content-Encoding");
  const { status, statusText } = response;
  return new Response(body.byteLength > 0 ? body : null, { status, statusText, headers });
}
