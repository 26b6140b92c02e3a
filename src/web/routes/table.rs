//! The routes of administrators: one table, which the router and the OpenAPI document are made from. A route says which role
//! it needs, or it is not there.

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::HttpFailure;
use super::site::Failure;
use crate::administration::Actor;
use crate::call::cause::CauseCode;
use crate::site::Role;
use crate::web::WebState;
use crate::web::interfaces::Through;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// As the audit log names them.
    pub actor: Actor,
    /// As the log names them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The interface that a person came by. A program knows what it does to interfaces, and confirms nothing.
    pub(in crate::web) through: Option<Through>,
}

impl Identity {
    /// Who may open the control socket's file, which only the server's own account may.
    pub fn of_control_socket() -> Identity {
        let name = "control socket".to_owned();
        Identity {
            actor: Actor { kind: "command", id: name.clone(), address: None },
            name,
            role: Role::Full,
            through: None,
        }
    }

    /// Who sets the server up.
    pub fn of_setup(address: Option<String>) -> Identity {
        let name = "setup".to_owned();
        Identity { actor: Actor { kind: "setup", id: name.clone(), address }, name, role: Role::Full, through: None }
    }

    /// Whether it came by the control socket.
    pub fn is_command(&self) -> bool {
        self.actor.kind == "command"
    }

    /// Whether that is enough for what needs a role. Roles are in order, the one that may most first.
    pub fn may(&self, needs: Role) -> bool {
        self.role <= needs
    }
}

/// A method of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

impl Method {
    /// Its name in an OpenAPI document.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "get",
            Method::Post => "post",
            Method::Put => "put",
            Method::Patch => "patch",
            Method::Delete => "delete",
        }
    }

    fn filter(self) -> MethodFilter {
        match self {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
            Method::Put => MethodFilter::PUT,
            Method::Patch => MethodFilter::PATCH,
            Method::Delete => MethodFilter::DELETE,
        }
    }
}

/// Gives the schema of a type.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of a type, for an [`Operation`].
pub fn schema<T: JsonSchema>() -> SchemaOf {
    |generator| generator.subschema_for::<T>()
}

/// How a route says why it refuses a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Errors {
    /// As a [`Failure`], `application/problem+json`.
    #[default]
    Problem,
    /// As an [`HttpFailure`], a cause in JSON.
    Cause,
}

/// What a route is given and gives, for the OpenAPI document.
#[derive(Debug, Clone, Default)]
pub struct Operation {
    /// A name that no other route has.
    pub id: String,
    /// What it does.
    pub summary: String,
    /// A struct with the parameters of the query.
    pub query: Option<SchemaOf>,
    /// Whether `If-Match` must say which version is changed.
    pub if_match: bool,
    /// Whether `Idempotency-Key` lets the request be repeated.
    pub repeatable: bool,
    /// The media types of the body that it takes, with their schemas; none for octets.
    pub body: Vec<(&'static str, Option<SchemaOf>)>,
    /// Status of the answer to a request that succeeds.
    pub status: u16,
    /// Its media types with their schemas; none for octets.
    pub answer: Vec<(&'static str, Option<SchemaOf>)>,
    /// Whether the answer has an ETag.
    pub etag: bool,
    /// The statuses that it can be refused with, beside 401 and 403.
    pub refusals: &'static [u16],
    /// How it says why.
    pub errors: Errors,
}

impl Operation {
    /// An operation that gives JSON of a type.
    pub fn giving<T: JsonSchema>(id: impl Into<String>, summary: impl Into<String>) -> Operation {
        Operation::answering(id, summary, "application/json", Some(schema::<T>()))
    }

    /// An operation that gives a file of a media type.
    pub fn file(id: impl Into<String>, summary: impl Into<String>, media_type: &'static str) -> Operation {
        Operation::answering(id, summary, media_type, None)
    }

    fn answering(
        id: impl Into<String>,
        summary: impl Into<String>,
        media_type: &'static str,
        of: Option<SchemaOf>,
    ) -> Operation {
        let answer = vec![(media_type, of)];
        Operation { id: id.into(), summary: summary.into(), status: 200, answer, ..Operation::default() }
    }

    /// An operation that answers with nothing but 204.
    pub fn silent(id: impl Into<String>, summary: impl Into<String>) -> Operation {
        Operation { id: id.into(), summary: summary.into(), status: 204, ..Operation::default() }
    }

    /// It takes parameters in the query.
    pub fn asking<T: JsonSchema>(self) -> Operation {
        Operation { query: Some(|generator| T::json_schema(generator)), ..self }
    }

    /// It takes JSON of a type.
    pub fn taking<T: JsonSchema>(self, media_type: &'static str) -> Operation {
        Operation { body: vec![(media_type, Some(schema::<T>()))], ..self }
    }

    /// It can be refused with these statuses, beside 401 and 403.
    pub fn refused(self, refusals: &'static [u16]) -> Operation {
        Operation { refusals, ..self }
    }
}

/// A route.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its method.
    pub method: Method,
    /// Its path, with parameters in braces.
    pub path: String,
    /// The least role that may take it; `read_only`: any.
    pub needs: Role,
    /// What it is given and gives.
    pub operation: Operation,
}

/// Routes of administrators with their table.
#[derive(Debug, Default)]
pub struct Routes {
    router: Router<WebState>,
    entries: Vec<Entry>,
}

impl Routes {
    /// A route for everybody who administers, whose errors are causes.
    pub fn read<H: Handler<T, WebState>, T: 'static>(
        self,
        route: (Method, &str),
        operation: Operation,
        handler: H,
    ) -> Routes {
        self.described(Role::ReadOnly, route, Operation { errors: Errors::Cause, ..operation }, handler)
    }

    /// A route for those who may do everything, whose errors are causes.
    pub fn full<H: Handler<T, WebState>, T: 'static>(
        self,
        route: (Method, &str),
        operation: Operation,
        handler: H,
    ) -> Routes {
        self.described(Role::Full, route, Operation { errors: Errors::Cause, ..operation }, handler)
    }

    /// A route.
    pub fn described<H: Handler<T, WebState>, T: 'static>(
        self,
        needs: Role,
        (method, path): (Method, &str),
        operation: Operation,
        handler: H,
    ) -> Routes {
        self.add(Entry { method, path: path.to_owned(), needs, operation }, handler)
    }

    fn add<H: Handler<T, WebState>, T: 'static>(mut self, entry: Entry, handler: H) -> Routes {
        let (needs, errors) = (entry.needs, entry.operation.errors);
        let guard = middleware::from_fn(move |request, next| guarded(needs, errors, request, next));
        self.router = self.router.route(&entry.path, on(entry.method.filter(), handler).route_layer(guard));
        self.entries.push(entry);
        self
    }

    /// These routes and others.
    pub fn and(mut self, others: Routes) -> Routes {
        self.router = self.router.merge(others.router);
        self.entries.extend(others.entries);
        self
    }

    /// The table.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The router. Who asks must come as an extension, `Result<Identity, CauseCode>`.
    pub fn into_router(self) -> Router<WebState> {
        self.router
    }
}

/// Lets a request on whose sender has the role that it needs.
async fn guarded(needs: Role, errors: Errors, mut request: Request, next: Next) -> Response {
    let identity = request.extensions_mut().remove::<Result<Identity, CauseCode>>();
    let cause = match identity.unwrap_or(Err(CauseCode::NotSignedIn)) {
        Ok(identity) if identity.may(needs) => {
            request.extensions_mut().insert(identity);
            return next.run(request).await;
        }
        Ok(_) => CauseCode::RoleForbids,
        Err(cause) => cause,
    };
    match errors {
        Errors::Problem => Failure::from(cause).into_response(),
        Errors::Cause => HttpFailure::from(cause).into_response(),
    }
}
