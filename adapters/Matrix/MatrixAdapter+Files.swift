package import Chat
internal import JSON
internal import Primitives

extension MatrixAdapter: FileAdapter {
    package func download(
        _ attachment: Attachment, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        let file = MatrixEncryptedFile(attachmentID: attachment.id)
        guard let address = MatrixMediaAddress(file?.url ?? attachment.id) else {
            throw AdapterError(.invalid, "it has no valid mxc:// address")
        }
        guard let opening = file?.opening() else { return try await self.fetch(address, to: write) }
        // An encrypted file is decrypted piece by piece: it is never whole in memory, and a reader that takes no more ends
        // it. Its digest is known at the end, and readers keep nothing of a download that has failed.
        try await self.fetch(address) { piece in try await write(await opening.open(piece)) }
        guard await opening.isIntact() else {
            throw AdapterError(.invalid, "it is damaged: its content does not have the digest that was sent with it")
        }
    }

    private func fetch(
        _ address: MatrixMediaAddress, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        let token = self.state.withLock { $0.machine.token }
        let answer = try await self.transport.download(
            server: address.server, id: address.id, token: token, to: write)
        switch answer {
        case nil, .success: return
        case .refused(let refusal):
            if refusal.status == 404 {
                throw AdapterError(.notFound, "the homeserver does not have it (\(refusal.summary))")
            }
            throw MatrixStateMachine.error(refusal, room: "the file's room")
        case .failed(let reason, _): throw AdapterError(.disconnected, reason)
        }
    }

    @discardableResult package func upload(_ file: OutgoingFile) async throws -> MessageReference {
        let room = file.route.room.name
        // Checked before the upload: the file must not reach the server in clear text if the room is encrypted.
        let (maySend, isEncrypted, limit, token) = self.state.withLock { state in
            (
                state.machine.maySend(to: room),
                state.machine.memory.encrypted.contains(state.machine.place(file.route).room),
                state.machine.uploadLimit, state.machine.token
            )
        }
        guard maySend else {
            throw AdapterError(
                .forbidden,
                "The bot is not in \(room), or the room is encrypted and encryption is switched off for this bot")
        }
        // Before it is encrypted and sent.
        guard file.bytes.count <= limit else { throw Self.tooLarge(file) }
        let sealing = isEncrypted ? MatrixFileSealing(file.bytes) : nil
        let address = try await self.store(file, sealing, token)
        let key = await sealing?.key
        guard !isEncrypted || key != nil else {
            throw AdapterError(.disconnected, "The homeserver answered before it had all of \(file.name)")
        }
        let outgoing = self.state.withLock { state in
            let (room, relation, thread) = state.machine.place(file.route)
            let content = MatrixContent.file(file, at: address, key: key, relation: relation)
            return MatrixOutgoing(
                room: room, kind: .event(.message, content), transaction: file.token, thread: thread)
        }
        return self.reference(try await self.transmit(outgoing), in: room)
    }

    private static func tooLarge(_ file: OutgoingFile) -> AdapterError {
        AdapterError(.invalid, "\(file.name) is larger than the homeserver allows; send a smaller file")
    }

    /// No one sees a file before its message is sent, so every failure here is certain.
    private func store(_ file: OutgoingFile, _ sealing: MatrixFileSealing?, _ token: Secret?) async throws -> String {
        // Of an encrypted file the server learns neither the name nor the kind.
        let answer =
            if let sealing {
                try await self.transport.upload(
                    length: file.bytes.count, mediaType: "application/octet-stream", token: token,
                    pieces: { sink in try await sealing.seal(to: sink) })
            } else {
                try await self.transport.upload(
                    file.bytes, name: file.name, mediaType: file.mediaType, token: token)
            }
        switch answer {
        case .success(let json):
            guard let address = json["content_uri"]?.stringValue, MatrixMediaAddress(address) != nil else {
                throw AdapterError(.invalid, "The homeserver stored \(file.name) without returning a valid address")
            }
            return address
        case .refused(let refusal):
            if refusal.status == 413 || refusal.code == "M_TOO_LARGE" { throw Self.tooLarge(file) }
            let error = MatrixStateMachine.error(refusal, room: file.route.room.name)
            throw AdapterError(error.code, error.message, retryAfter: error.retryAfter)
        case .failed(let reason, _): throw AdapterError(.disconnected, reason)
        }
    }
}
