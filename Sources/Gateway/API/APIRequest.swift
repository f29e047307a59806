internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging

/// A request that has passed the front: its credential is valid and has the route's scopes.
struct APIRequest: Sendable {
    let http: HTTPServerRequest
    /// Nil only on open routes.
    let principal: Principal?
    /// Carries the trace id.
    let logger: Logger

    /// A parameter of the route's pattern.
    func parameter(_ name: String) -> String { self.http.parameters[name] ?? "" }

    /// The caller. Throws 401 without a credential.
    func person() throws -> Principal {
        guard let principal = self.principal else { throw Problems.unauthorized }
        return principal
    }

    /// The body as a JSON object. An empty body is an empty object.
    func object(upTo limit: Int) async throws -> JSONObject {
        let bytes = try await self.http.body.collect(upTo: limit)
        // Clients send a content type with an empty body too.
        guard !bytes.isEmpty else { return JSONObject() }
        if let type = self.http.headers["content-type"], MediaType(parsing: type)?.isJSON != true {
            throw HTTPProblem(.unsupportedMediaType, "Send the body as application/json.")
        }
        do {
            guard let object = try JSON.parse(bytes).objectValue else {
                throw HTTPProblem(.badRequest, "The body must be a JSON object.")
            }
            return object
        } catch let error as JSONError {
            throw HTTPProblem(.badRequest, "The body is \(error).")
        }
    }

    /// The page size from `limit`, between 1 and `most`.
    func limit(default usual: Int, most: Int) throws -> Int {
        guard let text = self.http.query["limit"] else { return usual }
        guard let limit = Int(text), limit >= 1, limit <= most else {
            throw HTTPProblem(.badRequest, "`limit` must be a number from 1 to \(most).")
        }
        return limit
    }

    /// The place from `cursor`, which `parse` reads; nil for the first page.
    func cursor<Place>(_ parse: (String) -> Place?) throws -> Place? {
        guard let text = self.http.query["cursor"] else { return nil }
        guard let place = parse(text) else {
            throw HTTPProblem(.badRequest, "`cursor` must be a `next_cursor` of the page before.")
        }
        return place
    }
}
