internal import Crypto
internal import HTTP
package import JSON
internal import Primitives

/// A message of the Model Context Protocol, in JSON-RPC. Pure.
///
/// The revisions up to 2025-11-25 (*legacy*) begin with `initialize`; from 2026-07-28 on (*modern*) every request names
/// its revision and the client's capabilities in `params._meta`.
package struct MCPMessage: Sendable {
    package enum Kind: Sendable, Equatable {
        case request(id: JSON)
        case notification
        /// To a request of this side.
        case response(id: String)
    }

    package let kind: Kind
    /// Empty in a response.
    package let method: String
    /// Empty in a response.
    let params: JSON
    /// The whole object.
    package let json: JSON

    static let modern = "2026-07-28"
    static let legacy = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
    static let metaPrefix = "io.modelcontextprotocol/"

    /// Throws ``MCPError`` for what is no message.
    package init(parsing bytes: [UInt8]) throws(MCPError) {
        let json: JSON
        do {
            json = try JSON.parse(bytes, elementLimit: 100_000)
        } catch {
            throw MCPError(.parse, "The message is \(error).", isEnvelope: true)
        }
        try self.init(json)
    }

    /// Throws ``MCPError`` for what is no message.
    package init(_ json: JSON) throws(MCPError) {
        guard case .object(let object) = json, object["jsonrpc"]?.stringValue == "2.0" else {
            throw MCPError(.parse, "Send one JSON-RPC 2.0 object.", isEnvelope: true)
        }
        self.json = json
        guard let method = object["method"] else {
            guard let id = object["id"]?.stringValue, object["result"] != nil || object["error"] != nil else {
                throw MCPError(.invalidRequest, "The message has neither a method nor a result.", isEnvelope: true)
            }
            (self.kind, self.method, self.params) = (.response(id: id), "", [:])
            return
        }
        let params = object["params"] ?? [:]
        guard let name = method.stringValue, params.objectValue != nil else {
            throw MCPError(.invalidRequest, "`method` is a text, and `params` an object.", isEnvelope: true)
        }
        (self.method, self.params) = (name, params)
        guard let id = object["id"] else {
            self.kind = .notification
            return
        }
        guard Self.isID(id) else {
            throw MCPError(.invalidRequest, "`id` is a text or a whole number.", isEnvelope: true)
        }
        self.kind = .request(id: id)
    }

    private static func isID(_ id: JSON) -> Bool {
        switch id {
        case .string(let text): text.utf8.count <= 256
        case .integer: true
        default: false
        }
    }

    /// The id to answer to; null where there is none.
    package var id: JSON {
        if case .request(let id) = self.kind { id } else { .null }
    }

    private func meta(_ name: String) -> JSON? { self.params["_meta"]?[Self.metaPrefix + name] }

    /// The revision that a modern request names; nil in a legacy one.
    var revision: String? { self.meta("protocolVersion")?.stringValue }
    var isModern: Bool { self.revision != nil }

    /// Whether the client of a modern request shows forms to its person.
    var declaresForms: Bool { Self.declaresForms(self.meta("clientCapabilities") ?? .null) }

    /// - Parameter capabilities: Of a client; `elicitation` without members means forms.
    static func declaresForms(_ capabilities: JSON) -> Bool {
        guard let elicitation = capabilities["elicitation"]?.objectValue else { return false }
        return elicitation.isEmpty || elicitation["form"] != nil
    }

    var progressToken: JSON? { self.params["_meta"]?["progressToken"].flatMap { Self.isID($0) ? $0 : nil } }

    /// Checks the envelope of a request, whatever carries it.
    func checkEnvelope() throws(MCPError) {
        guard let revision = self.revision else { return }
        guard revision == Self.modern else { throw MCPError.unsupported(revision) }
        guard self.kind == .notification || self.meta("clientCapabilities")?.objectValue != nil else {
            throw MCPError(
                .invalidParams, "`_meta` lacks `\(Self.metaPrefix)clientCapabilities`.", isEnvelope: true)
        }
    }

    /// The parameter whose value the header `Mcp-Name` repeats, by method.
    private static let named = ["tools/call": "name", "resources/read": "uri", "prompts/get": "name"]

    /// Checks that the headers of an HTTP request say the same as its body.
    func check(_ headers: HTTPHeaders) throws(MCPError) {
        let header = headers["mcp-protocol-version"]
        if let header, header != Self.modern, !Self.legacy.contains(header) { throw MCPError.unsupported(header) }
        guard let revision = self.revision else {
            // A client's answers and notifications of the modern era need no envelope.
            guard case .request = self.kind, header == Self.modern else { return }
            throw MCPError(.headerMismatch, "`MCP-Protocol-Version` is \(Self.modern), but `_meta` names no revision.")
        }
        guard header == revision else {
            throw MCPError(.headerMismatch, "The header `MCP-Protocol-Version` must be the revision in `_meta`.")
        }
        guard headers["mcp-method"] == self.method else {
            throw MCPError(.headerMismatch, "The header `Mcp-Method` must be the method of the body.")
        }
        guard let parameter = Self.named[self.method] else { return }
        guard let name = self.params[parameter]?.stringValue, Self.decoded(headers["mcp-name"]) == name else {
            throw MCPError(.headerMismatch, "The header `Mcp-Name` must be `\(parameter)` of the body.")
        }
    }

    /// A value that isn't plain ASCII comes as `=?base64?…?=`.
    private static func decoded(_ value: String?) -> String? {
        guard let value, value.hasPrefix("=?base64?"), value.hasSuffix("?="), value.utf8.count >= 11 else {
            return value
        }
        return Crypto.decodeBase64(String(value.dropFirst(9).dropLast(2))).map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: Answers

    /// A result in the form of the request's era.
    ///
    /// - Parameter isCacheable: Of lists, `server/discover` and resources.
    func result(_ members: JSONObject, isCacheable: Bool = false, version: String) -> JSON {
        var result = members
        if self.isModern {
            if result["resultType"] == nil { result["resultType"] = "complete" }
            result["_meta"] = [Self.metaPrefix + "serverInfo": Self.server(version)]
            if isCacheable { (result["ttlMs"], result["cacheScope"]) = (60_000, "private") }
        }
        return ["jsonrpc": "2.0", "id": self.id, "result": .object(result)]
    }

    static func server(_ version: String) -> JSON {
        ["name": "jetbridge", "title": "Jetbridge", "version": .string(version)]
    }

    static func notification(_ method: String, _ params: JSON) -> JSON {
        ["jsonrpc": "2.0", "method": .string(method), "params": params]
    }
}

/// What JSON-RPC answers instead of a result.
package struct MCPError: Error, Sendable, Equatable {
    enum Code: Int64, Sendable {
        case parse = -32_700
        case invalidRequest = -32_600
        case unknownMethod = -32_601
        case invalidParams = -32_602
        case internalError = -32_603
        /// Of the legacy era.
        case unknownResource = -32_002
        case headerMismatch = -32_020
        case unsupportedRevision = -32_022
    }

    let code: Code
    let message: String
    let data: JSON?
    /// Whether the message itself is at fault, rather than what it asks for.
    let isEnvelope: Bool

    init(_ code: Code, _ message: String, data: JSON? = nil, isEnvelope: Bool = false) {
        self.code = code
        self.message = message
        self.data = data
        self.isEnvelope = isEnvelope
    }

    static func unsupported(_ revision: String) -> MCPError {
        let known = [MCPMessage.modern] + MCPMessage.legacy
        return MCPError(
            .unsupportedRevision,
            "This revision is not supported; the supported ones are \(known.joined(separator: ", ")).",
            data: [
                "supported": .array(known.map { .string($0) }), "requested": .string(revision.beginning(bytes: 64)),
            ])
    }

    /// Over one connection with more requests than it may have open.
    package static let busy = MCPError(.internalError, "Too many requests are open. Wait for some of their answers.")
    package static let failed = MCPError(.internalError, "The host failed to answer. Try again.")

    package func answer(to id: JSON) -> JSON {
        var error: JSONObject = ["code": .integer(self.code.rawValue), "message": .string(self.message)]
        error["data"] = self.data
        return ["jsonrpc": "2.0", "id": id, "error": .object(error)]
    }

    /// The status that goes with it over HTTP.
    func status(isModern: Bool) -> HTTPStatus {
        switch self.code {
        case .parse, .headerMismatch, .unsupportedRevision: .badRequest
        case .invalidRequest, .invalidParams: self.isEnvelope ? .badRequest : .ok
        case .unknownMethod: isModern ? .notFound : .ok
        case .internalError, .unknownResource: .ok
        }
    }
}
