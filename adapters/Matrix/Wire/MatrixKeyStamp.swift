internal import JSON

/// What the account data says about the process that uses the device's keys: each start replaces it, and where hosts share
/// the keys, each hour.
///
/// A higher count reveals an old copy of the database, another run a second process on the same device.
struct MatrixKeyStamp: Sendable, Equatable {
    static let type = "dev.jetbridge.keys"

    let device: String
    /// How often it was replaced.
    let count: Int
    /// Random for each start; nil from earlier versions.
    let run: String?

    var json: JSON { ["device": .string(self.device), "count": JSON(self.count), "run": .string(self.run ?? "")] }
}

extension MatrixKeyStamp {
    init?(_ json: JSON?) {
        guard let device = json?["device"]?.stringValue, let count = json?["count"]?.intValue else { return nil }
        self.init(device: device, count: count, run: json?["run"]?.stringValue)
    }
}
