public import Chat
internal import Primitives

/// What not every network can do.
extension FakeAdapter: ReactingAdapter, DeletingAdapter, DraftingAdapter, FileAdapter {
    /// The bot's reactions, in the order in which they came and went.
    public var reactions: [Reaction] { self.state.withLock { $0.reactions } }

    /// The ids of messages that the bot took back.
    public var deleted: [String] { self.state.withLock { $0.deleted } }

    /// Every draft that was shown.
    public var drafts: [OutgoingMessage] { self.state.withLock { $0.drafts } }

    /// The ids of files that were fetched to their ends.
    public var fetched: [String] { self.state.withLock { $0.fetched } }

    /// Puts a file where people's attachments are.
    public func setFile(_ id: String, to bytes: [UInt8]) { self.state.withLock { $0.files[id] = bytes } }

    /// The next drafts meet `faults`, one each.
    public func meetInDrafts(_ faults: [Fault]) { self.state.withLock { $0.draftFaults += faults } }

    /// Rooms cannot do this any more.
    public func lose(_ capabilities: RoomTraits.Capabilities) {
        self.state.withLock { $0.lost.formUnion(capabilities) }
    }

    /// The next uploads meet `faults`, one each.
    public func meetInUploads(_ faults: [Fault]) { self.state.withLock { $0.uploadFaults += faults } }

    /// Taking back the next messages meets `faults`, one each.
    public func meetInDeletes(_ faults: [Fault]) { self.state.withLock { $0.deleteFaults += faults } }

    /// Waits until the bot's reactions satisfy `isMet`.
    public func waitForReactions(until isMet: @escaping @Sendable ([Reaction]) -> Bool) async {
        await self.wait { isMet($0.reactions) }
    }

    /// Waits until a draft satisfies `isMet`.
    public func waitForDraft(where isMet: @escaping @Sendable (OutgoingMessage) -> Bool) async {
        await self.wait { $0.drafts.contains(where: isMet) }
    }

    /// Waits until what stands in the rooms satisfies `isMet`.
    public func waitForPosts(until isMet: @escaping @Sendable ([Post]) -> Bool) async {
        await self.wait { isMet($0.posts) }
    }

    /// Remembers the reaction.
    public func react(_ emoji: String, isOn: Bool, to reference: MessageReference) async {
        self.change { $0.reactions.append(Reaction(emoji, isOn: isOn, on: reference.id)) }
    }

    /// Takes the message out of its room.
    public func delete(_ reference: MessageReference, in route: Route) async throws {
        await self.posting.pass()
        try self.meeting(\.deleteFaults) { state in
            state.posts.removeAll { $0.id == reference.id }
            state.deleted.append(reference.id)
        }
    }

    /// Remembers the draft.
    public func draft(_ message: OutgoingMessage) async throws {
        try self.meeting(\.draftFaults) { $0.drafts.append(message) }
    }

    /// Writes what ``setFile(_:to:)`` has put there, in pieces of a kilobyte.
    public func download(
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

    /// Puts the file into its room, or fails as told.
    public func upload(_ file: OutgoingFile) async throws -> MessageReference {
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
