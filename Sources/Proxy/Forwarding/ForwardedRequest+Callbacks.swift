internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer

extension ForwardedRequest {
    /// Answers with callbacks, or in a task if it must wait for something other than the upstream.
    func answer(by reply: HTTPReply) {
        do {
            // Before admission: it fails with and without a key, and its Host is the target's.
            guard self.request.method != .connect else { throw ProxyRefusal.connect }
            guard let key = try self.proxy.gatekeeper.admitKnown(self.request.headers, at: self.proxy.now()) else {
                return reply.answer { try await self.answer() }
            }
            self.record.key = key
            guard try self.permitKnown(key) else { return reply.answer { try await self.answer() } }
            guard let access = self.proxy.account.known else { return reply.answer { try await self.answer() } }
            var preparation = try self.prepare(for: access)
            if let kept = try preparation.lookup.answer() { return reply.answer(kept) }
            if self.isModelRequest(preparation.target), !self.body.isFilled || self.proxy.needsModel {
                return reply.answer { try await self.answer() }
            }
            self.complete(&preparation)
            try self.begin(preparation, reply)
        } catch {
            self.answer(reply, to: error)
        }
    }

    private func begin(_ preparation: Preparation, _ reply: HTTPReply) throws {
        let exchange = try self.proxy.client.begin(
            self.outgoing(preparation, to: preparation.urls[0], by: preparation.access)
        ) { result in
            switch result {
            case .success(let response) where self.isFinal(response, preparation):
                reply.answer(self.deliver(UpstreamAnswer(response), preparation))
            case .success(let response):
                reply.answer {
                    do {
                        return try await self.reconsider(response, preparation)
                    } catch {
                        return try self.answer(to: error)
                    }
                }
            case .failure(let error):
                self.answer(reply, to: error)
            }
        }
        reply.onLeave = {
            exchange.cancel()
            self.end(.clientGone, status: 499)
        }
    }

    private func answer(_ reply: HTTPReply, to error: any Error) {
        do {
            reply.answer(try self.answer(to: error))
        } catch {
            // The server handles it.
            reply.answer { throw error }
        }
    }
}
