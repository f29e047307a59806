internal import Audit
internal import Database

extension Schema {
    static let audit = Migration(number: 7, name: "audit", sql: AuditSchema.sql)
}
