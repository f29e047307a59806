import YAML

/// Every parser that reads bytes from outside. A new one is a case and a line below.
enum FuzzTarget: String, CaseIterable {
    case yaml

    func run(_ bytes: [UInt8]) {
        switch self {
        case .yaml: _ = try? YAML.parse(bytes)
        }
    }
}
