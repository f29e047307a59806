internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Primitives
internal import Schemas
internal import Words

/// A request that has passed the front: its credential is valid and has the route's scopes.
struct APIRequest: Sendable {
    let http: HTTPServerRequest
    /// Nil only on open routes.
    let principal: Principal?
    /// Carries the trace id.
    let logger: Logger
    /// What the request has passed, for a handler that calls other routes.
    var front: Front?

    /// A parameter of the route's pattern.
    func parameter(_ name: String) -> String { self.http.parameters[name] ?? "" }

    /// What it is made for, if not for a program of its own: a client of the Model Context Protocol.
    var via: String? { self.http.headers[MCPCall.header] == MCPCall.via ? MCPCall.via : nil }

    /// The code of the first of the browser's languages that notes are written in.
    var locale: String? { self.http.headers["Accept-Language"].flatMap { Language(accepted: $0)?.rawValue } }

    /// The caller. Throws 401 without a credential.
    func person() throws -> Principal {
        guard let principal = self.principal else { throw Problems.unauthorized }
        return principal
    }

    /// The query's parameters. Throws 400 for an unknown or a missing one, 422 for a value that cannot be used.
    func query<Query: FieldValue>(as type: Query.Type) throws -> Query {
        let schema = APITable.schema(of: type)
        let object = schema.table.object(
            of: self.http.query.items.lazy.map { (name: $0.name, value: $0.value) }, as: schema.name)
        return try Self.decode(object, type, schema, noun: "parameter")
    }

    /// The body as the members of `type`; an empty body has none. Throws 400, 413, 415 or 422.
    func body<Body: FieldValue>(as type: Body.Type, upTo limit: Int) async throws -> Body {
        try Self.decode(try await self.object(upTo: limit), type, APITable.schema(of: type), noun: "member")
    }

    private static func decode<Value: FieldValue>(
        _ object: JSONObject, _ type: Value.Type, _ schema: RequestSchema, noun: String
    ) throws -> Value {
        if let mistake = schema.table.mistake(in: object, of: schema.name, noun: noun) {
            throw HTTPProblem(mistake.kind == .shape ? .badRequest : HTTPStatus(422), mistake.text)
        }
        return try Value(decoding: .object(object))
    }

    /// The body as a JSON object. An empty body is an empty object.
    private func object(upTo limit: Int) async throws -> JSONObject {
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
}

/// Of a route without parameters and a body.
typealias PlainCall = APICall<API.Nothing, API.Nothing>

/// A request whose query and body have been read.
struct APICall<Query: Sendable, Body: Sendable>: Sendable {
    let request: APIRequest
    let query: Query
    let body: Body

    /// The parameter `id` of the pattern.
    var id: String { self.request.parameter("id") }
    var http: HTTPServerRequest { self.request.http }
    var logger: Logger { self.request.logger }

    /// The caller. Throws 401 without a credential.
    func person() throws -> Principal { try self.request.person() }
}

extension API {
    /// The place that the parameter `cursor` names, which `parse` reads; nil for the first page.
    static func place<Place>(_ cursor: String?, _ parse: (String) -> Place?) throws -> Place? {
        guard let cursor else { return nil }
        guard let place = parse(cursor) else {
            throw HTTPProblem(HTTPStatus(422), "`cursor` must be a `next_cursor` of the page before.")
        }
        return place
    }

    /// ``place(_:_:)`` of a list that is ordered by numbers, which are never negative.
    static func number(_ cursor: String?) throws -> Int64? {
        try Self.place(cursor) { Int64(untrusted: $0).flatMap { $0 < 0 ? nil : $0 } }
    }
}
