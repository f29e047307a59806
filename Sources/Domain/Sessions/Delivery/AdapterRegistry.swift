package import Chat

/// The connected networks by id.
package struct AdapterRegistry: Sendable {
    package let all: [any ChatAdapter]
    private let byID: [AdapterID: any ChatAdapter]

    package init(_ adapters: [any ChatAdapter]) {
        self.all = adapters
        self.byID = Dictionary(adapters.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    package subscript(id: AdapterID) -> (any ChatAdapter)? { self.byID[id] }

    /// The room's traits; plain lines for a network that is no longer configured.
    package func traits(of room: RoomID) -> RoomTraits {
        self.byID[room.adapter]?.traits(of: room) ?? RoomTraits(textLimit: 400, textUnit: .bytes, isMultiline: false)
    }

    /// Whether messages in `room` have buttons.
    func showButtons(_ room: RoomID) -> Bool { self.traits(of: room).capabilities.contains(.buttons) }
}
