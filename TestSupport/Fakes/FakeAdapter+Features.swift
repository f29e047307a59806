package import Chat
internal import Primitives

/// Features that only some networks have.
extension FakeAdapter: ReactingAdapter, DeletingAdapter, DraftingAdapter, FileAdapter, DirectAdapter {
    /// The reactions that the bot added and removed, in order.
    package var reactions: [Reaction] { self.state.withLock { $0.reactions } }

    /// The ids of messages that the bot deleted.
    package var deleted: [String] { self.state.withLock { $0.deleted } }

    package var drafts: [OutgoingMessage] { self.state.withLock { $0.drafts } }

    /// The ids of files that were downloaded completely.
    package var fetched: [String] { self.state.withLock { $0.fetched } }

    /// Encrypts a room from end to end.
    package func encrypt(_ room: String) { self.state.withLock { _ = $0.encrypted.insert(room) } }

    /// Adds a file for people's attachments.
    package func setFile(_ id: String, to bytes: [UInt8]) { self.state.withLock { $0.files[id] = bytes } }

    /// The next drafts meet `faults`, one each.
    package func meetInDrafts(_ faults: [Fault]) { self.state.withLock { $0.draftFaults += faults } }

    /// Removes `capabilities` from the rooms.
    package func lose(_ capabilities: RoomTraits.Capabilities) {
        self.state.withLock { $0.lost.formUnion(capabilities) }
    }

    /// The next reactions meet `faults`, one each.
    package func meetInReactions(_ faults: [Fault]) { self.state.withLock { $0.reactionFaults += faults } }

    /// The next uploads meet `faults`, one each.
    package func meetInUploads(_ faults: [Fault]) { self.state.withLock { $0.uploadFaults += faults } }

    /// The next deletions meet `faults`, one each.
    package func meetInDeletes(_ faults: [Fault]) { self.state.withLock { $0.deleteFaults += faults } }

    /// A direct conversation with `person` can be begun, or is only tried in vain.
    package func setReachable(_ person: String, _ isReachable: Bool = true) {
        self.state.withLock { $0.reachable["\(self.id)/\(person)"] = isReachable }
    }

    package func mayReach(_ identity: String) -> Bool { self.state.withLock { $0.reachable[identity] != nil } }

    package func direct(with identity: String) async throws -> DirectConversation? {
        guard self.state.withLock({ $0.reachable[identity] }) == true else { return nil }
        let person = String(identity.dropFirst(self.id.rawValue.count + 1))
        return DirectConversation(
            thread: ThreadKey(adapter: self.id, value: "\(person)/\(person)"),
            route: Route(room: RoomID(adapter: self.id, name: person)))
    }

    /// A room, or a thread of it as `room/thread`, accepts nothing from the bot, for `reason`; nil opens it, of which nobody
    /// hears.
    package func close(_ room: String, _ reason: String?) { self.change { $0.closed[room] = reason } }

    /// How many messages and edits closed rooms have refused.
    package var refusals: Int { self.state.withLock { $0.refusals } }

    package func waitForRefusals(_ count: Int) async { await self.wait { $0.refusals >= count } }

    /// Somebody deletes a message of the bot.
    package func erase(_ post: String) {
        self.change { state in
            state.posts.removeAll { $0.id == post }
            state.erased.insert(post)
        }
    }

    func check(_ route: Route) throws {
        let reason = self.change { state -> String? in
            let room = route.room.name
            let reason = state.closed[room] ?? route.anchor.flatMap { state.closed["\(room)/\($0)"] }
            if reason != nil { state.refusals += 1 }
            return reason
        }
        if let reason { throw AdapterError(.forbidden, reason, isOfRoom: true) }
    }

    package func waitForReactions(until isMet: @escaping @Sendable ([Reaction]) -> Bool) async {
        await self.wait { isMet($0.reactions) }
    }

    package func waitForDraft(where isMet: @escaping @Sendable (OutgoingMessage) -> Bool) async {
        await self.wait { $0.drafts.contains(where: isMet) }
    }

    /// Waits until the visible messages satisfy `isMet`.
    package func waitForPosts(until isMet: @escaping @Sendable ([Post]) -> Bool) async {
        await self.wait { isMet($0.posts) }
    }

    package func react(_ emoji: String, isOn: Bool, to reference: MessageReference, isNeeded: Bool) async throws {
        try self.meeting(\.reactionFaults) { $0.reactions.append(Reaction(emoji, isOn: isOn, on: reference.id)) }
    }

    package func delete(_ reference: MessageReference, in route: Route) async throws {
        await self.posting.pass()
        try self.meeting(\.deleteFaults) { state in
            state.posts.removeAll { $0.id == reference.id }
            state.deleted.append(reference.id)
        }
    }

    package func draft(_ message: OutgoingMessage) async throws {
        try self.meeting(\.draftFaults) { $0.drafts.append(message) }
    }

    /// Writes the bytes given to ``setFile(_:to:)`` in pieces of one kilobyte.
    package func download(
        _ attachment: Attachment, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        guard let bytes = self.state.withLock({ $0.files[attachment.id] }) else {
            throw AdapterError(.notFound, "there is no file \(attachment.id)")
        }
        for start in stride(from: 0, to: bytes.count, by: 1_024) {
            try await write(Array(bytes[start..<min(start + 1_024, bytes.count)]))
        }
        self.change { $0.fetched.append(attachment.id) }
    }

    /// Posts the file, or fails with the next fault.
    package func upload(_ file: OutgoingFile) async throws -> MessageReference {
        await self.posting.pass()
        return try self.meeting(\.uploadFaults) { state in
            state.lastPost += 1
            let id = "p\(state.lastPost)"
            state.posts.append(
                Post(id: id, route: file.route, text: file.caption, edits: 0, token: file.token, file: file))
            return MessageReference(room: file.route.room, id: id)
        }
    }
}
