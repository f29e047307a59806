package import JSON

/// Numbers around zero and at both ends of 64 bits, for fields that somebody else fills.
package enum ExtremeNumbers {
    package static let all: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]

    /// A value with one of its numbers replaced by each of `numbers` and by ones that no integer holds, as a number and as
    /// text; for each of its numbers, and its texts that begin with a digit, whose unit is kept too.
    package static func variants(of json: JSON, by numbers: [Int64] = Self.all) -> [JSON] {
        let others: [JSON] = [.number(1e300), .number(0.5), .string("99999999999999999999.999999"), .string("1e999")]
        switch json {
        case .integer, .number: return numbers.flatMap { [.integer($0), .string("\($0)")] } + others
        case .string(let text) where text.utf8.first.map { 0x30...0x39 ~= $0 } == true:
            // `8MiB`, `10m`, `1700000001.123456`
            let unit = text.drop { $0.isNumber }
            return numbers.flatMap { [.integer($0), .string("\($0)\(unit)")] } + others
        case .array(let items):
            return items.indices.flatMap { index in
                Self.variants(of: items[index], by: numbers).map { variant in
                    var changed = items
                    changed[index] = variant
                    return .array(changed)
                }
            }
        case .object(let members):
            return members.flatMap { member in
                Self.variants(of: member.value, by: numbers).map { variant in
                    var changed = members
                    changed[member.key] = variant
                    return .object(changed)
                }
            }
        default: return []
        }
    }
}
