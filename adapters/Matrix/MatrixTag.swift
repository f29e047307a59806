/// The HTML elements that messages consist of.
enum MatrixTag: String, Sendable {
    case paragraph = "p"
    case heading1 = "h1"
    case heading2 = "h2"
    case heading3 = "h3"
    case heading4 = "h4"
    case heading5 = "h5"
    case heading6 = "h6"
    case quote = "blockquote"
    case bullets = "ul"
    case numbers = "ol"
    case item = "li"
    case preformatted = "pre"
    case code
    case table
    case head = "thead"
    case body = "tbody"
    case row = "tr"
    case headCell = "th"
    case cell = "td"
    case strong
    case emphasis = "em"
    case strike = "del"
    case link = "a"
    case lineBreak = "br"
    case rule = "hr"

    /// Has no end tag.
    var isVoid: Bool { self == .lineBreak || self == .rule }

    /// Whether white space between its children is insignificant.
    var holdsBlocksOnly: Bool {
        switch self {
        case .quote, .bullets, .numbers, .table, .head, .body, .row: true
        default: false
        }
    }

    /// The only attribute that is read.
    var attribute: String? {
        switch self {
        case .link: "href"
        case .code: "class"
        case .item: "value"
        default: nil
        }
    }

    var opening: [UInt8] { Array("<\(self.rawValue)>".utf8) }
    var closing: [UInt8] { Array("</\(self.rawValue)>".utf8) }
}
