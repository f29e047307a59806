/// The values of a route's pattern in a path, percent-decoded.
package struct PathParameters: Sendable, Hashable {
    private var values: [(name: String, value: String)] = []

    package init() {}

    package subscript(name: String) -> String? {
        self.values.first { $0.name == name }?.value
    }

    mutating func append(_ name: String, _ value: String) {
        self.values.append((name, value))
    }

    package static func == (left: PathParameters, right: PathParameters) -> Bool {
        left.values.elementsEqual(right.values) { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) {
        for (name, value) in self.values {
            hasher.combine(name)
            hasher.combine(value)
        }
    }
}
