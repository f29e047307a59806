internal import Chat
internal import Delivery
internal import Etiquette
internal import People

/// Determines again what stored messages want, with the command signs of their rooms and the current pairing setting.
struct IntentReader: Sendable {
    let adapters: AdapterRegistry
    let access: AccessControl

    func intent(of message: InboundMessage, role: Role?) -> Intent {
        Intent.ofStored(
            message, role: role, sign: self.adapters.traits(of: message.route.room).sign.character,
            isPairingAllowed: self.access.isPairingAllowed)
    }
}
