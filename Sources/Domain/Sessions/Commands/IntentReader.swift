internal import Chat
internal import People
internal import Threads

/// Determines messages' intents with the command signs of their rooms and the current pairing setting.
///
/// A message's intent is determined once, when the message arrives or is read again after a restart, and stays with it.
struct IntentReader: Sendable {
    let adapters: AdapterRegistry
    let access: AccessControl

    func intent(of message: InboundMessage, role: Role?) -> Intent {
        Intent.determine(
            message, role: role, sign: self.adapters.traits(of: message.route.room).sign.character,
            isPairingAllowed: self.access.isPairingAllowed)
    }
}
