import JSON
import Kit
import Olm

@testable import Matrix

/// Two machines and the network between them; a test may alter what travels.
struct MatrixVerificationPair {
    final class Side {
        let identity: MatrixTestIdentity
        var machine: MatrixVerification
        var asked: [MatrixVerificationFlow] = []
        var shown: [MatrixShortString] = []
        var verified: [(device: String?, master: String?)] = []
        /// The ids of the flows that ended well.
        var finished: [Int] = []
        var cancelled: [MatrixVerificationCancellation] = []
        var sent: [String] = []

        init(_ identity: MatrixTestIdentity) {
            self.identity = identity
            self.machine = MatrixVerification(
                user: identity.user, device: identity.device, ed25519: identity.deviceKey.publicKey,
                masterKey: identity.keys.master.publicKey)
        }

        var flow: MatrixVerificationFlow? { self.machine.flows.first }
    }

    /// The one that asks, then those that are asked.
    let sides: [Side]
    let place: MatrixVerificationFlow.Place
    var now = AdapterTime(monotonic: 1_000, wall: 1_700_000_000_000)
    /// Alters or drops a message: type, sender's device, content.
    var alter: (String, String, JSON) -> JSON? = { _, _, content in content }
    /// What was sent and not delivered yet.
    private var queue: [(from: Side, event: MatrixVerificationEvent, devices: [String])] = []
    private var events = 0

    init(_ identities: [MatrixTestIdentity], in place: MatrixVerificationFlow.Place) {
        self.sides = identities.map(Side.init)
        self.place = place
    }

    /// What is known of all devices of a user.
    func keys(of user: String) -> MatrixUserKeys {
        let all = self.sides.map(\.identity).filter { $0.user == user }
        var answer = all.first?.answer() ?? [:]
        for identity in all {
            answer = replacing(answer, ["device_keys", user, identity.device], with: identity.deviceJSON)
        }
        return MatrixUserKeys(user: user, answer: answer)
    }

    mutating func begin() {
        let other = self.sides[1].identity.user
        let devices = self.sides.dropFirst().map(\.identity.device)
        let (_, actions) = self.sides[0].machine.begin(
            with: self.keys(of: other), in: self.place, devices: devices, at: self.now)
        self.perform(actions, self.sides[0])
    }

    mutating func accept(_ side: Int = 1) {
        guard let flow = self.sides[side].asked.last else { return }
        self.perform(self.sides[side].machine.accept(flow, at: self.now), self.sides[side])
    }

    mutating func confirm(_ side: Int) {
        guard let flow = self.sides[side].flow else { return }
        self.perform(self.sides[side].machine.confirm(flow), self.sides[side])
    }

    mutating func expire(_ side: Int, after time: Int64) {
        self.now.monotonic += time
        self.now.wall += time
        self.perform(self.sides[side].machine.expire(at: self.now), self.sides[side])
    }

    mutating func perform(_ actions: [MatrixVerificationAction], _ side: Side) {
        for action in actions {
            switch action {
            case .sendToDevice(let type, let user, let messages):
                side.sent.append(type)
                for (device, content) in messages.sorted(by: { $0.key < $1.key }) {
                    let event = MatrixVerificationEvent(
                        place: .toDevice, type: type, sender: side.identity.user, content: content)
                    let devices = self.sides.map(\.identity).filter {
                        $0.user == user && (device == "*" || $0.device == device)
                    }
                    self.queue.append((side, event, devices.map { $0.device }))
                }
            case .sendInRoom(let flow, let type, let content):
                self.events += 1
                let id = "$event\(self.events)"
                side.sent.append(type)
                if type == "m.room.message" { side.machine.requestSent(flow, event: id) }
                let json: JSON = [
                    "type": .string(type), "sender": .string(side.identity.user), "event_id": .string(id),
                    "content": content, "origin_server_ts": .integer(self.now.wall),
                ]
                guard let event = MatrixEvent(json).flatMap({ MatrixVerificationEvent($0, in: "!room") }) else {
                    continue
                }
                self.queue.append((side, event, self.sides.map(\.identity.device)))
            case .asked(let flow): side.asked.append(flow)
            case .show(_, let text): side.shown.append(text)
            case .verified(let flow, let device, let master):
                side.verified.append((device?.id, master))
                side.finished.append(flow.id)
            case .cancelled(_, let cancellation): side.cancelled.append(cancellation)
            }
        }
    }

    /// What travels.
    var waiting: Int { self.queue.count }

    /// Delivers one of the messages that travel, not always the oldest one. It may stay, to come again.
    mutating func deliver(_ index: Int, stays: Bool) {
        let (from, event, devices) = stays ? self.queue[index] : self.queue.remove(at: index)
        self.deliver(event, from, devices)
    }

    mutating func lose(_ index: Int) { self.queue.remove(at: index) }

    /// Delivers what was sent, and what is sent because of it.
    mutating func deliver() {
        while !self.queue.isEmpty {
            let (from, event, devices) = self.queue.removeFirst()
            self.deliver(event, from, devices)
        }
    }

    private mutating func deliver(_ event: MatrixVerificationEvent, _ from: Side, _ devices: [String]) {
        guard let content = self.alter(event.type, from.identity.device, event.content) else { return }
        var altered = event
        altered.content = content
        for side in self.sides where devices.contains(side.identity.device) && side !== from {
            let keys = self.keys(of: event.sender)
            self.perform(side.machine.handle(altered, keys: keys, at: self.now), side)
        }
    }
}
