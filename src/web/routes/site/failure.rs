//! Errors as `application/problem+json`, from the tables of causes and problems.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::administration::ChangeError;
use crate::call::cause::CauseCode;
use crate::site::{Change, Problem, ProblemCode, Refusal};
use crate::web::protocol::site::{FieldProblem, ProblemReport};

/// An error answer.
#[derive(Debug)]
pub struct Failure(Box<ProblemReport>);

impl Failure {
    /// Something is wrong with the request as a whole.
    pub fn of(code: ProblemCode) -> Failure {
        Failure::about(Problem::whole(code))
    }

    /// The same with a problem whose sentence has values.
    pub fn about(problem: Problem) -> Failure {
        let mut report = report(&problem);
        if !problem.pointer.is_empty() {
            report.errors.push(field(&problem));
        }
        Failure(Box::new(report))
    }

    /// Several things are wrong; the first says the status.
    pub fn several(errors: Vec<(FieldProblem, Problem)>) -> Failure {
        let Some((_, first)) = errors.first() else { return CauseCode::Internal.into() };
        let report = ProblemReport { errors: Vec::new(), ..report(first) };
        Failure(Box::new(ProblemReport { errors: errors.into_iter().map(|(field, _)| field).collect(), ..report }))
    }

    /// Changes are refused, and what they were.
    pub fn refused(refusals: Vec<Refusal>, changes: &[Change]) -> Failure {
        let name = |refusal: &Refusal| match changes.get(refusal.change) {
            Some(Change::Put { body, .. }) => {
                let text = |field| body.get(field)?.as_str().filter(|text| !text.is_empty());
                let name = ["login", "name", "number", "user_name"].into_iter().find_map(text)?;
                // What is wrong may be its length.
                Some(name.chars().take(200).collect())
            }
            _ => None,
        };
        let errors = refusals.iter().flat_map(|refusal| {
            refusal.problems.iter().map(|problem| {
                let (kind, id) = (Some(refusal.kind), Some(refusal.id));
                (FieldProblem { kind, id, name: name(refusal), ..field(problem) }, problem.clone())
            })
        });
        Failure::several(errors.collect())
    }

    /// A request to change something came to nothing.
    pub fn of_change(error: ChangeError, changes: &[Change]) -> Failure {
        match error {
            ChangeError::Refused(refusals) => Failure::refused(refusals, changes),
            // The log has it.
            ChangeError::Store | ChangeError::Answered => CauseCode::Internal.into(),
        }
    }

    /// Its status.
    #[cfg(test)]
    pub(super) fn report(&self) -> &ProblemReport {
        &self.0
    }
}

/// A problem at its place.
pub(super) fn field(problem: &Problem) -> FieldProblem {
    FieldProblem {
        pointer: problem.pointer.clone(),
        code: problem.code.code().to_owned(),
        detail: problem.english(),
        german: problem.german(),
        kind: None,
        id: None,
        name: None,
        line: None,
    }
}

fn report(problem: &Problem) -> ProblemReport {
    let code = problem.code;
    ProblemReport {
        kind: urn(code.code()),
        title: code.english().replace("{}", "…"),
        status: code.http_status(),
        detail: problem.english(),
        german: problem.german(),
        code: code.code().to_owned(),
        errors: Vec::new(),
    }
}

fn urn(code: &str) -> String {
    format!("urn:offhook:problem:{code}")
}

impl From<CauseCode> for Failure {
    fn from(code: CauseCode) -> Failure {
        Failure(Box::new(ProblemReport {
            kind: urn(code.code()),
            title: code.english().to_owned(),
            status: code.http_status(),
            detail: code.english().to_owned(),
            german: code.german().to_owned(),
            code: code.code().to_owned(),
            errors: Vec::new(),
        }))
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::about(problem)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = HeaderValue::from_static("application/problem+json");
        // A struct of texts and numbers is always JSON.
        let body = serde_json::to_vec(&*self.0).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, kind)], body).into_response()
    }
}
