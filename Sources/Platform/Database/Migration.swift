/// One step of the schema. There are no steps back, and a released step never changes.
package struct Migration: Sendable {
    /// 1, 2, 3, … without gaps.
    package let number: Int
    package let name: String
    /// One or more statements, run in one transaction.
    package let sql: String

    package init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }

    /// Reveals changes to a released step: 64-bit FNV-1a of the SQL, in hexadecimal.
    var checksum: String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in self.sql.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
