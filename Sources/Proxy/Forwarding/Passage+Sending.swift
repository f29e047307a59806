internal import HTTP
internal import HTTPClient
internal import HTTPServer

extension Passage {
    func send(_ preparation: Preparation) async throws -> HTTPClientResponse {
        let response = try await self.proxy.client.execute(self.outgoing(preparation))
        return self.isFinal(response, preparation) ? response : try await self.reconsider(response, preparation)
    }

    /// Whether a retry could not improve on this answer.
    func isFinal(_ response: HTTPClientResponse, _ preparation: Preparation) -> Bool {
        if response.status == .unauthorized { return !self.body.canBeSent || self.request.method == .trace }
        guard preparation.target.unmapped != nil, self.proxy.keepsVersion == nil else { return true }
        if response.status.isSuccess { self.proxy.keepsVersion = false }
        return response.status != .notFound || !self.body.canBeSent
    }

    /// Retries once: with a new token if the upstream rejected the old one, and with OpenAI's `/v1` in the path if the
    /// path without it does not exist.
    func reconsider(
        _ first: HTTPClientResponse, _ preparation: Preparation
    ) async throws -> HTTPClientResponse {
        guard first.status == .unauthorized else { return try await self.tryUnmapped(first, preparation) }
        guard let access = try await self.replaced(preparation.access) else { return first }
        let second = try await self.proxy.client.execute(self.outgoing(preparation, by: access))
        guard second.status == .notFound, !self.isFinal(second, preparation) else { return second }
        return try await self.tryUnmapped(second, preparation, by: access)
    }

    private func tryUnmapped(
        _ first: HTTPClientResponse, _ preparation: Preparation, by access: UpstreamAccess? = nil
    ) async throws -> HTTPClientResponse {
        let second = try await self.proxy.client.execute(
            self.outgoing(preparation, to: preparation.target.unmapped, by: access))
        guard second.status != .notFound else { return first }
        if second.status.isSuccess { self.proxy.keepsVersion = true }
        return second
    }

    private func replaced(_ access: UpstreamAccess) async throws -> UpstreamAccess? {
        do {
            return try await self.proxy.account.replaced(access)
        } catch let error as CancellationError {
            throw error
        } catch {
            // The upstream's own answer is more helpful.
            return nil
        }
    }

    func outgoing(
        _ preparation: Preparation, to url: HTTPURL? = nil, by access: UpstreamAccess? = nil
    ) -> HTTPClientRequest {
        let target = preparation.target
        let learned = self.proxy.keepsVersion == true ? target.unmapped : nil
        var outgoing = HTTPClientRequest(
            self.request.method, url ?? learned ?? target.url, headers: preparation.fields)
        if self.request.method != .trace {
            outgoing.headers.append("Authorization", (access ?? preparation.access).authorization)
        }
        switch self.request.head.framing {
        case .none: break
        case .length(let length): outgoing.body = self.body.outgoing(length: length)
        case .chunked: outgoing.body = self.body.outgoing(length: nil)
        }
        return outgoing
    }
}
