import HTTP
import JSON
import Primitives

@testable import Matrix

/// The part of a homeserver that encryption needs, in memory: devices, one-time keys, messages to devices, members.
final class KeyServer: Sendable {
    private struct Device {
        var keys: JSON = .null
        var oneTime: [String: JSON] = [:]
        var fallback: (id: String, key: JSON)?
        var isFallbackUnused = true
        var inbox: [JSON] = []
        var changed: Set<String> = []
        var accountData: Set<String> = []
    }

    private struct State {
        var devices: [String: [String: Device]] = [:]
        var members: [String: Set<String>] = [:]
        var encryption: JSON = ["algorithm": "m.megolm.v1.aes-sha2"]
        var accountData: [String: JSON] = [:]
        var transactions: Set<String> = []
        var requests: [String] = []
        /// Requests that fail, by a part of their path: how often.
        var failures: [String: Int] = [:]
        var heldBack: Set<String> = []
    }

    private let state = Protected(State())

    /// The paths asked for, in order.
    var requests: [String] { self.state.withLock { $0.requests } }

    func join(_ user: String, _ room: String) { self.state.withLock { _ = $0.members[room, default: []].insert(user) } }

    func leave(_ user: String, _ room: String) { self.state.withLock { _ = $0.members[room]?.remove(user) } }

    func setEncryption(_ content: JSON) { self.state.withLock { $0.encryption = content } }

    func fail(_ path: String, times: Int = 1) { self.state.withLock { $0.failures[path] = times } }

    func removeDevice(_ device: String, of user: String) {
        self.state.withLock { state in
            state.devices[user]?[device] = nil
            self.announce(user, &state)
        }
    }

    func oneTimeKeyCount(_ user: String, _ device: String) -> Int {
        self.state.withLock { $0.devices[user]?[device]?.oneTime.count ?? 0 }
    }

    /// Others claim one-time keys, and leave this number.
    func leaveOneTimeKeys(_ count: Int, of user: String, _ device: String) {
        self.state.withLock { state in
            let ids = (state.devices[user]?[device]?.oneTime.keys ?? [:].keys).sorted()
            for id in ids.dropLast(count) { state.devices[user]?[device]?.oneTime[id] = nil }
        }
    }

    /// What the next sync of a device contains about encryption. Without `acknowledges` the same comes again.
    func sync(_ user: String, _ device: String, rooms: JSON = [:], acknowledges: Bool = true) -> JSON {
        self.state.withLock { state in
            guard let known = state.devices[user]?[device] else { return ["next_batch": "s"] }
            if acknowledges {
                state.devices[user]?[device]?.inbox = []
                state.devices[user]?[device]?.changed = []
                state.devices[user]?[device]?.accountData = []
            }
            let data = known.accountData.sorted().map { type -> JSON in
                ["type": .string(type), "content": state.accountData[user + type] ?? [:]]
            }
            return [
                "next_batch": "s", "to_device": ["events": .array(known.inbox)],
                "device_lists": ["changed": .array(known.changed.sorted().map { .string($0) }), "left": []],
                "device_one_time_keys_count": ["signed_curve25519": JSON(known.oneTime.count)],
                "device_unused_fallback_key_types": known.fallback != nil && known.isFallbackUnused
                    ? ["signed_curve25519"] : [],
                "rooms": ["join": rooms], "account_data": ["events": .array(data)],
            ]
        }
    }

    /// The connection of one device.
    func call(_ user: String, _ device: String) -> MatrixEncryption.Call {
        { request in self.state.withLock { self.answer(request, user, device, &$0) } }
    }

    private func announce(_ user: String, _ state: inout State) {
        for (other, devices) in state.devices {
            for device in devices.keys { state.devices[other]?[device]?.changed.insert(user) }
        }
    }

    private func answer(
        _ request: MatrixRequest, _ user: String, _ device: String, _ state: inout State
    ) -> MatrixAnswer {
        let path = request.path.joined(separator: "/")
        state.requests.append(path)
        for (part, count) in state.failures where path.contains(part) && count > 0 {
            state.failures[part] = count - 1
            return .failed("the connection broke", mayHaveArrived: true)
        }
        if path.hasSuffix("keys/upload") { return self.upload(request.body ?? [:], user, device, &state) }
        if path.hasSuffix("keys/query") { return .success(self.query(request.body ?? [:], state)) }
        if path.hasSuffix("keys/claim") { return .success(self.claim(request.body ?? [:], &state)) }
        if path.contains("/sendToDevice/") { return self.send(request, from: user, &state) }
        if path.contains("/account_data/") {
            let type = request.path.last ?? ""
            let key = user + type
            guard request.method == .put else {
                return state.accountData[key].map { .success($0) }
                    ?? .refused(MatrixRefusal(status: 404, code: "M_NOT_FOUND"))
            }
            state.accountData[key] = request.body
            for device in (state.devices[user] ?? [:]).keys {
                state.devices[user]?[device]?.accountData.insert(type)
            }
            return .success([:])
        }
        if path.hasSuffix("/members") {
            let members = state.members[request.path[4]] ?? []
            return .success([
                "chunk": .array(
                    members.sorted().map {
                        [
                            "type": "m.room.member", "sender": .string($0), "state_key": .string($0),
                            "event_id": .string("$m"), "content": ["membership": "join"],
                        ]
                    })
            ])
        }
        if path.hasSuffix("m.room.encryption") { return .success(state.encryption) }
        return .refused(MatrixRefusal(status: 404, code: "M_NOT_FOUND"))
    }

    private func upload(_ body: JSON, _ user: String, _ device: String, _ state: inout State) -> MatrixAnswer {
        var known = state.devices[user]?[device] ?? Device()
        if let keys = body["device_keys"] {
            known.keys = keys
            self.announce(user, &state)
        }
        for (id, key) in body["one_time_keys"]?.objectValue ?? [:] {
            if let old = known.oneTime[id], old != key {
                return .refused(
                    MatrixRefusal(status: 400, code: "M_UNKNOWN", text: "One time key \(id) already exists"))
            }
            known.oneTime[id] = key
        }
        if let (id, key) = body["fallback_keys"]?.objectValue?.map({ ($0.key, $0.value) }).first {
            known.fallback = (id, key)
            known.isFallbackUnused = true
        }
        state.devices[user, default: [:]][device] = known
        return .success(["one_time_key_counts": ["signed_curve25519": JSON(known.oneTime.count)]])
    }

    private func query(_ body: JSON, _ state: State) -> JSON {
        var users = JSONObject()
        for (user, _) in body["device_keys"]?.objectValue ?? [:] {
            let devices = (state.devices[user] ?? [:]).compactMapValues { $0.keys.isNull ? nil : $0.keys }
            users[user] = .object(JSONObject(dictionary: devices))
        }
        return ["device_keys": .object(users), "failures": [:]]
    }

    private func claim(_ body: JSON, _ state: inout State) -> JSON {
        var users = JSONObject()
        for (user, devices) in body["one_time_keys"]?.objectValue ?? [:] {
            var claimed = JSONObject()
            for (device, _) in devices.objectValue ?? [:] {
                if let (id, key) = state.devices[user]?[device]?.oneTime.min(by: { $0.key < $1.key }) {
                    state.devices[user]?[device]?.oneTime[id] = nil
                    claimed[device] = .object([id: key])
                } else if let fallback = state.devices[user]?[device]?.fallback {
                    state.devices[user]?[device]?.isFallbackUnused = false
                    claimed[device] = .object([fallback.id: fallback.key])
                }
            }
            users[user] = .object(claimed)
        }
        return ["one_time_keys": .object(users), "failures": [:]]
    }

    private func send(_ request: MatrixRequest, from user: String, _ state: inout State) -> MatrixAnswer {
        let type = request.path[request.path.count - 2]
        guard state.transactions.insert(user + (request.path.last ?? "")).inserted else { return .success([:]) }
        for (receiver, devices) in request.body?["messages"]?.objectValue ?? [:] {
            for (device, content) in devices.objectValue ?? [:] {
                let names = device == "*" ? Array((state.devices[receiver] ?? [:]).keys) : [device]
                for name in names {
                    state.devices[receiver]?[name]?.inbox.append(
                        ["type": .string(type), "sender": .string(user), "content": content])
                }
            }
        }
        return .success([:])
    }
}
