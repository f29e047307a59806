package import JSON

/// An encrypted event's content: the only thing that may be sent as a message into an encrypted room.
package struct MatrixSealed: Sendable, Equatable {
    /// The content of `m.room.encrypted`.
    package let content: JSON

    /// Only ``MatrixEncryption`` seals.
    init(sealedContent: JSON) { self.content = sealedContent }
}
