import HTTP
import JSON
import TestSupport

@testable import Gateway

/// A client of `POST /mcp` that speaks one era.
struct MCPTester: Sendable {
    let caller: Caller
    var isModern = true
    var capabilities: JSON = [:]
    var progressToken: JSON?

    private static let named = ["tools/call": "name", "resources/read": "uri", "prompts/get": "name"]

    func message(_ method: String, _ params: JSONObject = [:], id: JSON = 0) -> JSON {
        var params = params
        var meta = JSONObject()
        if self.isModern {
            meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28"
            meta["io.modelcontextprotocol/clientCapabilities"] = self.capabilities
        }
        meta["progressToken"] = self.progressToken
        if !meta.isEmpty { params["_meta"] = .object(meta) }
        return ["jsonrpc": "2.0", "id": id, "method": .string(method), "params": .object(params)]
    }

    func headers(of message: JSON) -> [String: String] {
        var headers = ["Accept": "application/json, text/event-stream", "User-Agent": "test"]
        guard self.isModern, let method = message["method"]?.stringValue else { return headers }
        headers["MCP-Protocol-Version"] = "2026-07-28"
        headers["Mcp-Method"] = method
        headers["Mcp-Name"] = Self.named[method].flatMap { message["params"]?[$0]?.stringValue }
        return headers
    }

    func send(_ message: JSON, headers: [String: String] = [:]) async throws -> Caller.Answer {
        try await self.caller.send(
            .post, "/mcp", json: message, headers: self.headers(of: message).merging(headers) { $1 })
    }

    /// The result of a request that is answered as JSON.
    func result(_ method: String, _ params: JSONObject = [:]) async throws -> JSON {
        let answer = try await self.send(self.message(method, params)).expect(200)
        guard let result = answer["result"] else {
            throw Caller.Unexpected(answer: .init(status: 200, headers: [:], body: answer.bytes))
        }
        return result
    }

    /// The result of a tool's call.
    func call(_ tool: String, _ arguments: JSON = [:]) async throws -> JSON {
        try await self.result("tools/call", ["name": .string(tool), "arguments": arguments])
    }

    /// The text of a tool's result that is no error.
    func text(_ tool: String, _ arguments: JSON = [:]) async throws -> String {
        let result = try await self.call(tool, arguments)
        let text = result["content"]?[0]?["text"]?.stringValue ?? ""
        guard result["isError"] == false else { throw MCPRefusal(text) }
        return text
    }

    /// The text of a tool's result that is an error.
    func refusal(_ tool: String, _ arguments: JSON = [:]) async throws -> String {
        let result = try await self.call(tool, arguments)
        guard result["isError"] == true else { throw MCPRefusal("no error: \(result.text)") }
        return result["content"]?[0]?["text"]?.stringValue ?? ""
    }

    func tools() async throws -> [String] {
        try await self.result("tools/list")["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
    }
}
