internal import Chat

/// What a conversation uses of the bridge.
struct ConversationContext: Sendable {
    let store: SessionStore
    let hub: LiveHub
    let adapters: AdapterRegistry
    let workers: [String: any TurnWorker]
    let models: ModelDirectory
    let access: AccessControl
    let environment: BridgeEnvironment
    let gate: TurnGate
    let histories: HistoryCache
    let marks: QueueMarks
    /// Hands committed messages to their lanes.
    let dispatch: @Sendable ([OutboxItem]) async -> Void
    /// Keeps a room's lane free, see ``Lane/reserve()``.
    let reserve: @Sendable (RoomID) async -> Bool
    /// Hands committed messages to the lane that was reserved for them; the first is marked as being sent.
    let dispatchReserved: @Sendable (RoomID, [OutboxItem]) async -> Void
    /// Shows a growing answer, given as UTF-8, where messages can be edited.
    let preview: @Sendable (TurnRecord, AnswerPoster, [UInt8]) async -> Void
    /// Stops showing it; returns when no preview of it is on its way any more, and whether one may stand in the room.
    let endPreview: @Sendable (TurnRecord) async -> Bool
}
