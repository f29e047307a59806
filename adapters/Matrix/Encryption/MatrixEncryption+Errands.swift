internal import JSON
internal import Kit
internal import Logging
internal import Olm

/// Work of ``MatrixEncryption`` that nothing waits for.
enum MatrixErrand: Sendable, Equatable {
    /// Upload one-time keys and the fallback key.
    case publish
    /// Handle what strangers have sent to this device.
    case receive
    /// Replace a channel to a device that is broken.
    case mend(user: String, key: String)
    /// Ask a device for the key of a session.
    case request(room: String, session: String, user: String)
    /// Send what is in ``MatrixKeySchema``'s `parcels`.
    case deliver
    case backUp
    /// Give a room's readers the key before there is something to send.
    case prepare(room: String)
    /// Look after the account's identity again.
    case identity
    /// End the verifications that are due at a time: monotonic, in milliseconds.
    case expireVerifications(at: Int64)
    /// Raise the counter of ``MatrixKeyStamp``.
    case stamp
}

/// Work that nothing waits for.
extension MatrixEncryption {
    /// Performs an errand; a failure is logged, and the next occasion begins it again.
    func run(_ errand: MatrixErrand) async {
        do {
            switch errand {
            case .publish: try await self.publish()
            case .receive: try await self.receivePostponed()
            case .mend(let user, let key): try await self.mend(user: user, key: key)
            case .request(let room, let session, let user):
                try await self.request(room: room, session: session, of: user)
            case .deliver: try await self.deliverParcels()
            case .backUp: try await self.backUp()
            case .prepare(let room): try await self.prepareEarly(room)
            case .identity: break
            case .expireVerifications(let time):
                try await Task.sleep(for: .milliseconds(max(0, time - AdapterTime.now.monotonic)))
                // An earlier timer took its place.
                guard self.verificationWake == time else { return }
                self.verificationWake = nil
                await self.expireVerifications()
            case .stamp: try await self.renewStamp()
            }
        } catch {
            self.logger.info("Work on encryption keys failed", ["error": .string("\(error)")])
        }
    }

    /// One of the bot's own events; nil if it cannot be read.
    func openOwn(_ event: MatrixEvent, in room: String) async -> MatrixEvent? {
        guard event.sender == self.user, let text = event.content["ciphertext"]?.stringValue,
            let key = try? await self.roomKey(event.sessionID, in: room), key.facts.source == .own,
            let clear = try? key.session.decrypt(text), let payload = try? JSON.parse(clear.text),
            payload["room_id"]?.stringValue == room, let type = payload["type"]?.stringValue,
            let content = payload["content"]
        else { return nil }
        return event.opened(type: type, content: content)
    }
}
