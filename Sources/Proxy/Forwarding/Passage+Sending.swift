internal import HTTP
internal import HTTPClient
internal import HTTPServer

extension Passage {
    /// Asks the upstream; once more with a new token where it refused the old one, and once more where its paths turn
    /// out to keep OpenAI's `/v1`.
    func send(
        _ fields: HTTPHeaders, to target: UpstreamTarget, by access: UpstreamAccess
    ) async throws -> HTTPClientResponse {
        var access = access
        var url = target.url
        if let unmapped = target.unmapped, self.proxy.keepsVersion == true { url = unmapped }
        var response = try await self.attempt(fields, url, access)
        if response.status == .unauthorized, self.body.canBeSent, self.request.method != .trace,
            let next = try await self.replaced(access)
        {
            access = next
            response = try await self.attempt(fields, url, access)
        }
        if let unmapped = target.unmapped, self.proxy.keepsVersion == nil {
            guard response.status == .notFound else {
                if response.status.isSuccess { self.proxy.keepsVersion = false }
                return response
            }
            guard self.body.canBeSent else { return response }
            let second = try await self.attempt(fields, unmapped, access)
            guard second.status != .notFound else { return response }
            if second.status.isSuccess { self.proxy.keepsVersion = true }
            return second
        }
        return response
    }

    private func replaced(_ access: UpstreamAccess) async throws -> UpstreamAccess? {
        do {
            return try await self.proxy.account.replaced(access)
        } catch let error as CancellationError {
            throw error
        } catch {
            // The upstream's own answer says it better.
            return nil
        }
    }

    private func attempt(
        _ fields: HTTPHeaders, _ url: HTTPURL, _ access: UpstreamAccess
    ) async throws -> HTTPClientResponse {
        var headers = fields
        if self.request.method != .trace { headers.append("Authorization", access.authorization) }
        var outgoing = HTTPClientRequest(self.request.method, url, headers: headers)
        outgoing.body = self.outgoingBody
        return try await self.proxy.client.execute(outgoing)
    }

    private var outgoingBody: HTTPClientRequest.Body {
        switch self.request.head.framing {
        case .none: .none
        case .length(let length): self.body.outgoing(length: length)
        case .chunked: self.body.outgoing(length: nil)
        }
    }
}
