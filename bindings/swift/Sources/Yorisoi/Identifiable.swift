import YorisoiCore

// For lists: a row is the same row as long as it stands for the same thing.
extension ConsultationView: Identifiable {}
extension MessageView: Identifiable {}
extension DraftView: Identifiable {}
extension PhotoView: Identifiable {}
extension RedFlagList: Identifiable {}
extension SurveyItem: Identifiable {}

extension SetAsideView: Identifiable {
    /// Its number.
    public var id: UInt32 { number }
}
