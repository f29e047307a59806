package import Chat
internal import JSON
internal import Primitives

extension MatrixAdapter: FileAdapter {
    package func download(
        _ attachment: Attachment, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        guard let address = MatrixMediaAddress(attachment.id) else {
            throw AdapterError(.invalid, "it is encrypted, or has no address that a homeserver gives")
        }
        let token = self.state.withLock { $0.session.token }
        let answer = try await self.transport.download(
            server: address.server, id: address.id, token: token, to: write)
        switch answer {
        case nil, .success: return
        case .refused(let refusal):
            if refusal.status == 404 {
                throw AdapterError(.notFound, "the homeserver does not have it (\(refusal.summary))")
            }
            throw MatrixSession.error(refusal, room: "the file's room")
        case .failed(let reason, _): throw AdapterError(.disconnected, reason)
        }
    }

    @discardableResult package func upload(_ file: OutgoingFile) async throws -> MessageReference {
        let room = file.route.room.name
        // Before the bytes go: an encrypted room's members are the only ones who may see them.
        let (mayGo, token) = self.state.withLock { ($0.session.maySend(to: room), $0.session.token) }
        guard mayGo else {
            throw AdapterError(.forbidden, "The bot is not in \(room), or it is encrypted; nothing is sent there")
        }
        let address = try await self.store(file, token)
        let outgoing = self.state.withLock { state in
            let (room, relation, thread) = state.session.place(file.route)
            return MatrixOutgoing(
                room: room, kind: .event(.message, MatrixContent.file(file, at: address, relation: relation)),
                transaction: file.token, thread: thread)
        }
        return self.reference(try await self.transmit(outgoing), in: room)
    }

    /// A file without its message is seen by nobody, so what fails here surely did not arrive.
    private func store(_ file: OutgoingFile, _ token: Secret?) async throws -> String {
        switch try await self.transport.upload(
            file.bytes, name: file.name, mediaType: file.mediaType, token: token)
        {
        case .success(let json):
            guard let address = json["content_uri"]?.stringValue, MatrixMediaAddress(address) != nil else {
                throw AdapterError(.invalid, "The homeserver stored a file and did not say where")
            }
            return address
        case .refused(let refusal):
            if refusal.status == 413 || refusal.code == "M_TOO_LARGE" {
                throw AdapterError(.invalid, "The homeserver takes no file as large as \(file.name)")
            }
            let error = MatrixSession.error(refusal, room: file.route.room.name)
            throw AdapterError(error.code, error.message, retryAfter: error.retryAfter)
        case .failed(let reason, _): throw AdapterError(.disconnected, reason)
        }
    }
}
