internal import HTTP
internal import HTTPServer
internal import JSON

/// Calls the API's routes within the gateway, with the credential of the request that it serves.
struct LocalAPI: MCPBackend {
    let front: Front
    let pageURL: String
    /// The value of `Authorization`.
    let authorization: String
    let traceParent: String?

    func send(_ call: MCPCall) async throws -> MCPAnswer {
        let bytes = call.body?.bytes ?? []
        var headers: HTTPHeaders = [
            "Host": "localhost", "Authorization": self.authorization, MCPCall.header: MCPCall.via,
        ]
        if let traceParent = self.traceParent { headers["traceparent"] = traceParent }
        if !bytes.isEmpty {
            headers["Content-Type"] = "application/json"
            headers["Content-Length"] = String(bytes.count)
        }
        var text = Array("\(call.method.rawValue) \(call.target) HTTP/1.1\r\n".utf8)
        headers.write(to: &text)
        text += Array("\r\n".utf8)
        var parser = RequestParser()
        guard let head = try? parser.parse(text.span).head else {
            throw MCPRefusal("The arguments are too long for the host. Shorten them.")
        }
        let request = HTTPServerRequest(head: head, body: RequestBody(bytes), parameters: call.parameters)
        let response = try await self.front.answer(request, by: call.route)
        guard case .bytes(let body) = response.body else {
            throw MCPRefusal("The host has no short answer to this. Look at it on its page.")
        }
        return MCPAnswer(status: Int(response.status.code), body: body)
    }
}
