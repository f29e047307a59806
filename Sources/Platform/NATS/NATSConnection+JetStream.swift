internal import JSON

extension NATSConnection {
    private static let apiLimit = Duration.seconds(2)

    /// Makes the stream, or gives an existing one of this name these settings.
    package func ensure(_ stream: NATSStream) async throws {
        do {
            _ = try await self.callJetStream("STREAM.CREATE.\(stream.name)", stream.configuration)
        } catch let error as NATSError where error.code == .refused(10_058) {
            // It exists with other settings (JSStreamNameExistErr in nats-server's server/errors.json).
            _ = try await self.callJetStream("STREAM.UPDATE.\(stream.name)", stream.configuration)
        }
    }

    /// Publishes to a stream and waits for the acknowledgement.
    package func store(
        _ payload: [UInt8], to subject: String, id: String?, within limit: Duration = .seconds(2)
    ) async throws -> NATSReceipt {
        let reply: NATSMessage
        do {
            reply = try await self.request(payload, to: subject, id: id, within: limit)
        } catch let error as NATSError where error.code == .noResponders {
            throw NATSError(.noResponders, "no stream of JetStream stores \(subject)")
        }
        let answer = try Self.answer(in: reply)
        return NATSReceipt(
            sequence: answer["seq"]?.intValue ?? 0, isDuplicate: answer["duplicate"]?.boolValue ?? false)
    }

    /// Tells a durable consumer that a message is done.
    package func acknowledge(_ message: NATSMessage) {
        guard let reply = message.reply, reply.hasPrefix("$JS.ACK.") else { return }
        // If it is lost, the message comes again.
        try? self.publish(Array("+ACK".utf8), to: reply)
    }

    /// Calls `$JS.API.…` and returns its answer.
    func callJetStream(_ call: String, _ body: JSON? = nil) async throws -> JSON {
        do {
            return try Self.answer(
                in: await self.request(body?.bytes ?? [], to: "$JS.API.\(call)", within: Self.apiLimit))
        } catch let error as NATSError where error.code == .noResponders {
            throw NATSError.noJetStream
        }
    }

    private static func answer(in reply: NATSMessage) throws(NATSError) -> JSON {
        guard let answer = try? JSON.parse(reply.payload) else {
            throw NATSError(.library, "JetStream's answer is not JSON")
        }
        guard let error = answer["error"] else { return answer }
        let code = error["err_code"]?.intValue ?? 0
        // JSNotEnabledForAccountErr, JSNotEnabledErr
        if code == 10_039 || code == 10_076 { throw .noJetStream }
        throw NATSError(.refused(code), "JetStream: \(error["description"]?.stringValue ?? "refused") (\(code))")
    }
}
