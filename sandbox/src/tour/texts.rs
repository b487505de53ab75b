//! What is written in the story. Made up for it; nobody's words.

/// The child of the story was born on this day.
pub(crate) const BORN: &str = "2021-06-14";
/// Typed at 03:12 with the server down.
pub(crate) const FIRST_QUESTION: &str = "生後七週の子どもが夜中に何度も咳きこんで起きます。熱はなく、母乳は飲めています。\
    朝まで様子を見てもよいでしょうか。";
/// Queued right before the phone's process is killed.
pub(crate) const SECOND_QUESTION: &str =
    "おむつの中に赤い湿疹が広がってきました。お風呂では石けんで洗ってもよいでしょうか。";
/// Half-written when the phone's process is killed.
pub(crate) const HALF_WRITTEN: &str = "昨日から左の胸が張って痛みがあり、授乳のたびに";
/// The answer to the first question.
pub(crate) const FIRST_ANSWER: &str = "飲めていて顔色がよければ、朝まで様子を見てかまいません。部屋を加湿してみてください。\
    息が苦しそうなとき、飲めなくなったときは、すぐに一一九番へ電話してください。";
/// Stands in the first answer and nowhere else.
pub(crate) const LOOKED_FOR: &str = "加湿";
/// The answer to the second question.
pub(crate) const SECOND_ANSWER: &str =
    "石けんをよく泡立てて手でなで、ぬるま湯で流してください。三日たっても引かなければ受診をお願いします。";
/// Asked on the last day and answered after the end.
pub(crate) const LAST_FOLLOW_UP: &str =
    "年末年始に咳がぶり返したとき、休日はどこに電話すればよいでしょうか。";
/// Begun ten minutes before the end.
pub(crate) const LAST_DRAFT: &str =
    "離乳食を始めてから便がかたくなりました。水分はどのくらい足せばよいですか。";
/// Asked once the programme has ended.
pub(crate) const TOO_LATE: &str = "夜泣きが続いています。いつごろ落ち着くものでしょうか。";
/// The late answer.
pub(crate) const LATE_ANSWER: &str =
    "休日は小児救急相談にお電話ください。記録は残っていますので、続きから伺えます。";
/// What is shown before consent is asked for.
pub(crate) const CONSENT: &str =
    "ご質問とお子さまの生年月日を、回答のために医師・助産師が読みます。いつでも取り消せます。";
