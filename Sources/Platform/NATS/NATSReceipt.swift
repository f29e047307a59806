/// JetStream's acknowledgement. The message survives the server's process, but not a power cut: the server flushes its
/// files every two minutes only.
package struct NATSReceipt: Sendable, Equatable {
    package let sequence: Int
    /// Whether the message was dropped, because its id is known.
    package let isDuplicate: Bool

    package init(sequence: Int, isDuplicate: Bool) {
        self.sequence = sequence
        self.isDuplicate = isDuplicate
    }
}
