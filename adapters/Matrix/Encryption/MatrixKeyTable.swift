/// The tables of ``MatrixKeyStore``; ``MatrixKeySchema`` explains them.
enum MatrixKeyTable: String, CaseIterable, Sendable {
    case device, secrets, facts
    case olmSessions = "olm_sessions"
    case roomKeys = "room_keys"
    case outbound, shares, sealed, parcels, handled, indices, late, told, users, devices, rooms, members

    /// The columns of the primary key.
    var key: [String] {
        switch self {
        case .device: ["id"]
        case .secrets, .facts, .told: ["name"]
        case .olmSessions: ["peer", "id"]
        case .roomKeys: ["room", "session"]
        case .outbound, .rooms: ["room"]
        case .shares: ["session", "user", "device"]
        case .sealed, .parcels: ["txn"]
        case .handled: ["digest"]
        case .indices: ["session", "message_index"]
        case .late: ["event"]
        case .users: ["user"]
        case .devices: ["user", "device"]
        case .members: ["room", "user"]
        }
    }
}
